import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { freePort } from './free-port.ts';
import { javaFlags, LOG_SETTINGS, logSettings, properties } from './java.ts';
import { awaitBroker } from './kafka-answer.ts';
import { obtainKafkaJars, type KafkaJars } from './kafka-jars.ts';
import { brokerSettings } from './kafka-settings.ts';
import { copyStorage } from './kafka-storage.ts';
import { createTopic, type TopicOptions } from './kafka-topic.ts';
import { createLocalServer, type LocalRecipe } from './local-server.ts';

/** A private Kafka broker (KRaft, one node) on a free port of 127.0.0.1; it ends, with its data, with this process. */
export interface Kafka {
  /** `127.0.0.1:port`, as clients want it. */
  readonly bootstrap: string;
  readonly port: number;
  readonly version: string;
  /** Topics are never made by themselves. One that exists is left as it is. */
  createTopic(name: string, options?: TopicOptions): Promise<void>;
  /** Ends the broker and removes its data. Calling it again does nothing. */
  stop(): Promise<void>;
  /** `kill -9`; what it acknowledged stays for `start()`. */
  kill(): Promise<void>;
  /** Starts again on the same port and data. */
  start(): Promise<void>;
  /** Freezes the process: connections stay open, nothing is answered, until `resume()`. */
  pause(): void;
  resume(): void;
}

export interface KafkaOptions {
  /** A free one by default. */
  readonly port?: number;
  /** More settings of the broker; they win over the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts a private broker, fetching its jars first where they are missing. Resolves when it takes topics. */
export async function startKafka(options: KafkaOptions = {}): Promise<Kafka> {
  const jars = await obtainKafkaJars(await cacheFolder());
  const server = await createLocalServer('kafka', brokerRecipe(jars, options.settings ?? {}), options.port);
  try {
    await server.launch();
  } catch (error) {
    await server.remove();
    throw error;
  }
  const bootstrap = `127.0.0.1:${server.port}`;
  return {
    bootstrap,
    port: server.port,
    version: jars.kafkaVersion,
    createTopic: (name, topic) => createTopic(bootstrap, name, topic),
    stop: () => server.remove(),
    kill: () => server.kill(),
    start: () => server.launch(),
    pause: () => server.pause(),
    resume: () => server.resume(),
  };
}

function brokerRecipe(jars: KafkaJars, settings: Readonly<Record<string, string>>): LocalRecipe {
  return {
    title: 'Apache Kafka',
    async prepare(folder) {
      await copyStorage(jars.storage, join(folder, 'data'));
      await writeFile(join(folder, LOG_SETTINGS), logSettings);
    },
    async command(folder, port) {
      const file = join(folder, 'server.properties');
      const place = { storage: join(folder, 'data'), port, controllerPort: await freePort() };
      await writeFile(file, properties({ ...brokerSettings(place), ...settings }));
      return { program: jars.java, args: [...javaFlags(folder, '512m'), '-cp', jars.classPath, 'kafka.Kafka', file] };
    },
    answers: (_folder, port, signal) => awaitBroker(port, 120_000, signal),
  };
}
