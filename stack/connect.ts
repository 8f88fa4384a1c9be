import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { ConnectClient, type ConnectorStatus } from './connect-client.ts';
import { workerSettings } from './connect-settings.ts';
import { javaFlags, LOG_SETTINGS, logSettings, properties } from './java.ts';
import { obtainKafkaJars, type KafkaJars } from './kafka-jars.ts';
import { createLocalServer, type LocalRecipe } from './local-server.ts';

/** A private Kafka Connect worker with Debezium's MariaDB, MySQL and JDBC connectors. */
export interface Connect {
  readonly url: string;
  /** Of Debezium. */
  readonly version: string;
  /** Creates the connector or changes its settings; resolves when it and all its tasks run. */
  createConnector(name: string, config: Readonly<Record<string, string>>): Promise<void>;
  deleteConnector(name: string): Promise<void>;
  /** What the worker says of it; undefined when there is no such connector. */
  status(name: string): Promise<ConnectorStatus | undefined>;
  /**
   * Where a restarted worker will let a source connector go on; undefined while nothing is stored. Under exactly-once
   * delivery that is as far as the topics are, otherwise as of a second ago.
   */
  storedPlace(name: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Ends the worker. Its connectors stay in Kafka. */
  stop(): Promise<void>;
  /** `kill -9` */
  kill(): Promise<void>;
  /** Starts again on the same port, with the connectors it had. */
  start(): Promise<void>;
  /** Freezes the process until `resume()`. */
  pause(): void;
  resume(): void;
}

export interface ConnectOptions {
  /** Address of the broker, `host:port`. */
  readonly bootstrap: string;
  /** What connector settings may name as `${env:NAME}`. */
  readonly env?: Readonly<Record<string, string>>;
  /** More settings of the worker; they win over the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts a worker, fetching its jars first where they are missing. Resolves when it takes connectors. */
export async function startConnect(options: ConnectOptions): Promise<Connect> {
  const jars = await obtainKafkaJars(await cacheFolder());
  const server = await createLocalServer('connect', workerRecipe(jars, options));
  try {
    await server.launch();
  } catch (error) {
    await server.remove();
    throw error;
  }
  const client = new ConnectClient(`http://127.0.0.1:${server.port}`);
  return {
    url: client.url,
    version: jars.debeziumVersion,
    createConnector: (name, config) => client.create(name, config),
    deleteConnector: (name) => client.remove(name),
    status: (name) => client.status(name),
    storedPlace: (name) => client.storedPlace(name),
    stop: () => server.remove(),
    kill: () => server.kill(),
    start: () => server.launch(),
    pause: () => server.pause(),
    resume: () => server.resume(),
  };
}

function workerRecipe(jars: KafkaJars, { bootstrap, env = {}, settings = {} }: ConnectOptions): LocalRecipe {
  return {
    title: 'Kafka Connect',
    prepare: (folder) => writeFile(join(folder, LOG_SETTINGS), logSettings),
    async command(folder, port) {
      const file = join(folder, 'connect.properties');
      await writeFile(file, properties({ ...workerSettings({ bootstrap, port, plugins: jars.plugins }), ...settings }));
      const main = ['org.apache.kafka.connect.cli.ConnectDistributed', file];
      return { program: jars.java, args: [...javaFlags(folder, '1g'), '-cp', jars.classPath, ...main], env };
    },
    answers: (_folder, port, signal) => new ConnectClient(`http://127.0.0.1:${port}`).awaitReady(120_000, signal),
  };
}
