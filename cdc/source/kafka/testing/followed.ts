import { silentLog, waitUntil } from '../../../../shared/index.ts';
import type { Kafka, MariaDb } from '../../../../stack/index.ts';
import { openKafkaJsTopicLog } from '../topic/kafkajs-topic-log.ts';

/** Resolves when a new connector follows its source's log: writes there until a BEGIN is in the topic. */
export async function followed(kafka: Kafka, source: MariaDb, topic: string): Promise<void> {
  const log = await openKafkaJsTopicLog({ brokers: [kafka.bootstrap], log: silentLog });
  try {
    await log.describe(topic);
    let offset = 0;
    const hasBegun = async (): Promise<boolean> => {
      await source.sql(
        "REPLACE INTO banyan.rehearsal (unit, stream, token, written_at) VALUES ('', 'test', UUID(), NOW(3))",
      );
      const [answer] = await log.fetch([{ topic, partition: 0, offset }], { waitMs: 200, maxBytes: 1 << 20 });
      offset = answer?.next ?? offset;
      return answer?.records.some(({ value }) => value?.includes('"BEGIN"')) ?? false;
    };
    if (!(await waitUntil(hasBegun, { budgetMs: 60_000 }))) throw new Error(`nothing came to ${topic}`);
  } finally {
    log.close();
  }
}
