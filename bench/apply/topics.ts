import kafkajs from 'kafkajs';
import { debeziumConnector, topicAdvice } from '../../cdc/index.ts';
import { waitUntil } from '../../shared/index.ts';
import type { Connect, Kafka, MariaDb } from '../../stack/index.ts';
import { untilFollowing } from '../../test/support/until-following.ts';
import { SCHEMA } from './backlog.ts';

/** Topics filled by real Debezium: one as Banyan reads it, and one per table as the sink reads it. */
export interface Topics {
  readonly ordered: string;
  readonly perTable: readonly string[];
  /** Resolves when everything written to the source so far lies in the topics; the connectors are removed. */
  filled(written: Written): Promise<void>;
}

export interface Written {
  readonly changes: number;
  readonly transactions: number;
}

/**
 * Two connectors read the same log, so the messages of the rows are the same bytes. The ordered topic holds the marks
 * of every transaction besides.
 */
export async function openTopics(
  { kafka, connect }: { kafka: Kafka; connect: Connect },
  source: MariaDb,
  unit: string,
  tables: readonly string[],
  { perTable = true } = {},
): Promise<Topics> {
  const base = { direction: 'forward', kind: 'mariadb', schema: SCHEMA, tables } as const;
  const ends = { databaseUrl: source.url(), bootstrap: kafka.bootstrap };
  const facts = [
    { ...base, unit, mode: 'ordered' as const },
    ...(perTable ? [{ ...base, unit: `${unit}-plain`, mode: 'per-table' as const }] : []),
  ];
  const connectors = facts.map((each) => debeziumConnector({ ...each, ...ends }));
  for (const { topic, partitions, config } of facts.flatMap(topicAdvice))
    await kafka.createTopic(topic, { partitions, config });
  for (const { name, config } of connectors) await connect.createConnector(name, config);
  for (const { name } of connectors) await untilFollowing(connect, name, source);
  const [ordered = '', plain = ''] = connectors.map(({ name }) => name);
  const topics = { ordered, perTable: perTable ? tables.map((table) => `${plain}.${SCHEMA}.${table}`) : [] };
  return {
    ...topics,
    async filled({ changes, transactions }) {
      const isFilled = async (): Promise<boolean> => {
        const counts = await Promise.all(topics.perTable.map((topic) => endOffset(kafka, topic)));
        const ours = await endOffset(kafka, topics.ordered);
        return (!perTable || counts.reduce((sum, n) => sum + n, 0) >= changes) && ours >= changes + 2 * transactions;
      };
      if (!(await waitUntil(isFilled, { budgetMs: 300_000, everyMs: 200 }))) throw new Error(`${unit}: not filled`);
      for (const { name } of connectors) await connect.deleteConnector(name);
    },
  };
}

async function endOffset(kafka: Kafka, topic: string): Promise<number> {
  const client = new kafkajs.Kafka({ brokers: [kafka.bootstrap], logLevel: kafkajs.logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  try {
    const [partition] = await admin.fetchTopicOffsets(topic);
    return Number(partition?.high ?? 0);
  } finally {
    await admin.disconnect();
  }
}
