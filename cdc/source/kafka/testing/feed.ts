import kafkajs from 'kafkajs';
import { waitUntil } from '../../../../shared/index.ts';
import type { Kafka } from '../../../../stack/index.ts';
import type { KafkaRecord } from '../decode/record.ts';

/** Writes records to a topic as they are meant; `feedFormat` reads them back. For tests of everything but decoding. */
export interface Feed {
  readonly topic: string;
  /** Appends records; with `transaction` given as a producer's transaction that is committed or given up. */
  send(records: readonly KafkaRecord[], transaction?: 'commit' | 'abort'): Promise<void>;
  sendRaw(value: string): Promise<void>;
  /** Removes everything in front of the offset, as retention does. */
  deleteUpTo(offset: number): Promise<void>;
  recreate(partitions?: number): Promise<void>;
  close(): Promise<void>;
}

export async function openFeed(kafka: Kafka, topic: string): Promise<Feed> {
  const client = new kafkajs.Kafka({ brokers: [kafka.bootstrap], logLevel: kafkajs.logLevel.NOTHING });
  const createPartitioner = kafkajs.Partitioners.DefaultPartitioner;
  const producer = client.producer({ createPartitioner });
  const transactional = client.producer({
    createPartitioner,
    transactionalId: `${topic}-feed`,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  const admin = client.admin();
  await kafka.createTopic(topic);
  await Promise.all([producer.connect(), transactional.connect(), admin.connect()]);
  const messages = (records: readonly KafkaRecord[]) =>
    records.map((record) => ({ partition: 0, value: JSON.stringify(record) }));
  return {
    topic,
    async send(records, outcome) {
      if (!outcome) {
        await producer.send({ topic, messages: messages(records) });
        return;
      }
      const transaction = await transactional.transaction();
      await transaction.send({ topic, messages: messages(records) });
      await transaction[outcome]();
    },
    async sendRaw(value) {
      await producer.send({ topic, messages: [{ partition: 0, value }] });
    },
    async deleteUpTo(offset) {
      // The client knows the leader only of a topic it has asked for.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
    },
    async recreate(partitions = 1) {
      await admin.deleteTopics({ topics: [topic] });
      const create = (): Promise<void> => kafka.createTopic(topic, { partitions });
      await waitUntil(() => create().then(yes, no), { budgetMs: 10_000, everyMs: 50 });
    },
    async close() {
      await Promise.all([producer.disconnect(), transactional.disconnect(), admin.disconnect()]);
    },
  };
}

const yes = (): boolean => true;
const no = (): boolean => false;
