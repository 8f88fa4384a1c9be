import type { Way } from './way.ts';

/** MariaDB's programs on this machine, whichever way they came. */
export interface LocalMariaDb {
  readonly kind: 'local';
  readonly version: string;
  readonly mariadbd: string;
  readonly installDb: string;
  /** Set when the programs do not lie where they were compiled for. */
  readonly basedir?: string;
}

/** MariaDB as an image of a Docker engine. */
export interface DockerMariaDb {
  readonly kind: 'docker';
  readonly version: string;
  readonly docker: string;
  readonly image: string;
}

export type MariaDbProgram = LocalMariaDb | DockerMariaDb;

/** One way of getting MariaDB. */
export type MariaDbWay = Way<MariaDbProgram, 'path' | 'debian' | 'maven' | 'docker'>;
