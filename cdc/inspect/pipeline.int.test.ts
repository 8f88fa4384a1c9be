import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startKafka, type Kafka } from '../../stack/index.ts';
import { topicAdvice } from '../connector/change-topic.ts';
import { debeziumConnector } from '../connector/debezium-connector.ts';
import type { CheckItem } from './check-item.ts';
import { inspectConnector } from './inspect-connector.ts';
import { inspectTopics } from './inspect-topics.ts';

const facts = {
  unit: 'shop',
  direction: 'forward',
  mode: 'ordered',
  schema: 'shop',
  tables: ['orders'],
  kind: 'mariadb',
  databaseUrl: 'mysql://debezium:s3cret@db:3306/shop',
  bootstrap: 'kafka:9092',
} as const;

const linesOf = (items: readonly CheckItem[]): string[] =>
  items.map(({ verdict, subject, value }) => `${verdict}: ${subject}: ${value}`);

describe('the doctor’s look at topics', () => {
  let kafka: Kafka;

  beforeAll(async () => {
    kafka = await startKafka();
  }, 120_000);
  afterAll(() => kafka.stop());

  it('warns of topics that are not there yet', async () => {
    expect(linesOf(await inspectTopics({ ...facts, brokers: [kafka.bootstrap] }))).toEqual([
      'warning: topic banyan.shop.forward: missing',
      'warning: topic banyan.shop.forward.schema-history: missing',
    ]);
  });

  it('finds topics that were made as advised in order', async () => {
    const unit = 'good';
    for (const { topic, partitions, config } of topicAdvice({ ...facts, unit }))
      await kafka.createTopic(topic, { partitions, config });
    const items = await inspectTopics({ ...facts, unit, brokers: [kafka.bootstrap] });
    expect(items).toHaveLength(10);
    expect(items.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  });

  it('names several partitions, compaction, and what is kept too short or too small', async () => {
    const config = { 'cleanup.policy': 'compact', 'retention.ms': '60000', 'max.message.bytes': '1000000' };
    await kafka.createTopic('banyan.bad.forward', { partitions: 3, config });
    const items = await inspectTopics({ ...facts, unit: 'bad', brokers: [kafka.bootstrap] });
    expect(linesOf(items).slice(0, 5)).toEqual([
      'problem: topic banyan.bad.forward partitions: 3',
      'problem: topic banyan.bad.forward cleanup.policy: compact',
      'problem: topic banyan.bad.forward retention.ms: 60000',
      'ok: topic banyan.bad.forward retention.bytes: -1',
      'warning: topic banyan.bad.forward max.message.bytes: 1000000',
    ]);
  });
});

describe('the doctor’s look at a broker that is not there', () => {
  it('is one problem', async () => {
    const items = await inspectTopics({ ...facts, brokers: ['127.0.0.1:1'] });
    expect(items).toMatchObject([{ verdict: 'problem', subject: 'brokers 127.0.0.1:1' }]);
  });
});

describe('the doctor’s look at the connector', () => {
  const wanted = debeziumConnector(facts);
  let worker: Server;
  let connectUrl = '';
  let config: Record<string, string> | undefined;
  let state = 'RUNNING';

  beforeAll(async () => {
    worker = createServer((request, response) => {
      response.statusCode = config ? 200 : 404;
      const status = { connector: { state: 'RUNNING' }, tasks: [{ state }] };
      response.end(JSON.stringify(request.url?.endsWith('/config') ? (config ?? {}) : status));
    });
    await new Promise<void>((resolve) => worker.listen(0, '127.0.0.1', resolve));
    connectUrl = `http://127.0.0.1:${(worker.address() as AddressInfo).port}/`;
  });
  afterAll(() => new Promise((resolve) => worker.close(resolve)));

  it('passes over how the worker reaches things, and over secrets', async () => {
    config = { ...wanted.config, 'database.hostname': 'elsewhere', 'database.password': '${file:secret}' };
    const items = await inspectConnector({ ...facts, connectUrl });
    expect(items.map(({ verdict }) => verdict)).toEqual(['ok', 'ok']);
    expect(JSON.stringify(items)).not.toContain('s3cret');
  });

  it('names every setting that would lose a value, with the one that keeps it', async () => {
    config = { ...wanted.config, 'decimal.handling.mode': 'double' };
    delete config['skipped.operations'];
    expect(linesOf(await inspectConnector({ ...facts, connectUrl })).slice(1)).toEqual([
      'problem: connector banyan.shop.forward skipped.operations: null',
      'problem: connector banyan.shop.forward decimal.handling.mode: "double"',
    ]);
  });

  it('names a connector that failed, and one that is not there', async () => {
    config = { ...wanted.config };
    state = 'FAILED';
    expect(linesOf(await inspectConnector({ ...facts, connectUrl }))[0]).toBe(
      'problem: connector banyan.shop.forward state: FAILED',
    );
    config = undefined;
    expect(linesOf(await inspectConnector({ ...facts, connectUrl }))).toEqual([
      'problem: connector banyan.shop.forward: missing',
    ]);
  });

  it('is one problem when no worker answers', async () => {
    const items = await inspectConnector({ ...facts, connectUrl: 'http://127.0.0.1:1' });
    expect(items).toMatchObject([{ verdict: 'problem', subject: 'Connect at 127.0.0.1:1' }]);
  });
});
