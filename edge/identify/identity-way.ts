import type { Caller } from './caller.ts';

/** What of a request may tell who it belongs to: its headers, and the cookie line. */
export interface Credentials {
  readonly headers: { value(name: string): string | undefined };
  readonly cookie: string | undefined;
}

/** It could not be found out in time. */
export const LATE = 'late';

/** Who it is; undefined for nobody that this way can verify, so that the next one is asked. */
export type Verdict = Caller | undefined | typeof LATE;

/**
 * One way to tell who a request belongs to. Promises: never throws or rejects; answers at once unless somebody outside
 * must be asked; what it does not know for certain is nobody, or late.
 */
export interface IdentityWay {
  identify(from: Credentials): Verdict | Promise<Verdict>;
  /** The request ended the session it came with. */
  forget?(from: Credentials): void;
  /** Resolves when what it needs was read once. */
  start?(): Promise<void>;
  stop?(): Promise<void>;
}
