import { installBookkeeping, type TopicAdvice } from '../../cdc/index.ts';
import { openPool } from '../../shared/index.ts';
import { startConnect, startKafka, type Connect, type Kafka, type MariaDb } from '../../stack/index.ts';
import { createOperator, type Operator } from './operator.ts';
import { untilFollowing } from './until-following.ts';
import type { World } from './world.ts';

/** Kafka and Kafka Connect with Debezium, not yet joined to any database. */
export interface Pipeline {
  readonly kafka: Kafka;
  readonly connect: Connect;
  stop(): Promise<void>;
}

export async function startPipeline(): Promise<Pipeline> {
  const kafka = await startKafka();
  try {
    const connect = await startConnect({ bootstrap: kafka.bootstrap });
    const stop = async (): Promise<void> => {
      await connect.stop();
      await kafka.stop();
    };
    return { kafka, connect, stop };
  } catch (error) {
    await kafka.stop();
    throw error;
  }
}

interface Advice {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
  readonly topics: readonly TopicAdvice[];
}

/**
 * Makes topics and connectors as `banyan connector` prints them, both directions of the unit, and resolves when each
 * follows its log: from then on a copy may begin. Answers the setting that lets banyan read them.
 */
export async function joinPipeline(
  { kafka, connect }: Pipeline,
  world: World,
  onCommand?: (args: readonly string[]) => void,
): Promise<{ KAFKA_BROKERS: string }> {
  const settings = { KAFKA_BROKERS: kafka.bootstrap };
  const operator: Operator = createOperator({ ...world.env, ...settings }, onCommand);
  const { connectors } = await operator.run<{ connectors: Advice[] }>('connector', 'trips', '--show-password');
  const databases = [world.legacyDb, world.serviceDb];
  for (const database of databases) await prepare(database);
  await Promise.all(
    connectors.map(async ({ name, config, topics }, i) => {
      for (const { topic, ...options } of topics) await kafka.createTopic(topic, options);
      await connect.createConnector(name, config);
      await untilFollowing(connect, name, databases[i] ?? world.legacyDb);
    }),
  );
  return settings;
}

/** What docs/how-to-distributed.md asks for; and the connectors look at banyan's own table of rehearsals, too. */
async function prepare(database: MariaDb): Promise<void> {
  await database.sql("GRANT RELOAD, LOCK TABLES ON *.* TO 'banyan'@'%'");
  const pool = openPool(database.url());
  try {
    await installBookkeeping(pool);
  } finally {
    await pool.end();
  }
}
