import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import kafkajs, { type Admin } from 'kafkajs';
import { waitUntil } from '../shared/index.ts';
import { childProcesses, processesNaming } from '../test/support/index.ts';
import { startConnect, startKafka, startMariaDb, type Connect, type Kafka, type MariaDb } from './index.ts';

// Two JVMs that start beside other tests on two cores take most of a minute.
jest.setTimeout(180_000);

let kafka: Kafka;
let connect: Connect;
let source: MariaDb;

beforeAll(async () => {
  source = await startMariaDb();
  kafka = await startKafka();
  connect = await startConnect({ bootstrap: kafka.bootstrap });
});
afterAll(() => Promise.all([connect, kafka, source].map((server) => server?.stop())));

describe('a private Kafka with Connect', () => {
  it('makes topics as told, and none by itself', async () => {
    await kafka.createTopic('three', { partitions: 3, config: { 'retention.ms': '1234' } });
    await kafka.createTopic('three');
    expect(await partitionsOf('three')).toBe(3);
    await expect(partitionsOf('never-made')).rejects.toThrow(/does not host this topic/);
  });

  it('keeps what it acknowledged through kill and start on the same port', async () => {
    await kafka.createTopic('kept');
    await send('kept', 'before');
    await kafka.kill();
    await kafka.start();
    await send('kept', 'after');
    expect(await highWatermark('kept')).toBe('2');
  });

  it('answers nothing while it is paused, and everything afterwards', async () => {
    kafka.pause();
    await expect(admin((client) => client.listTopics())).rejects.toThrow();
    kafka.resume();
    const topicsNow = (): Promise<string[]> => admin((client) => client.listTopics()).catch(() => []);
    // While it stood still it has lost its office, and says so until it is elected again.
    const answers = async (): Promise<boolean> => (await topicsNow()).includes('three');
    expect(await waitUntil(answers, { budgetMs: 60_000, everyMs: 200 })).toBe(true);
  });
});

describe('a connector', () => {
  const config = (table: string, port: number): Record<string, string> => ({
    'connector.class': 'io.debezium.connector.mariadb.MariaDbConnector',
    'topic.prefix': table,
    'database.hostname': '127.0.0.1',
    'database.port': String(port),
    'database.user': 'root',
    'database.password': '',
    'database.server.id': '9001',
    'database.ssl.mode': 'disable',
    'schema.history.internal.kafka.bootstrap.servers': kafka.bootstrap,
    'schema.history.internal.kafka.topic': `${table}.history`,
    'snapshot.mode': 'no_data',
    'topic.creation.default.replication.factor': '1',
    'topic.creation.default.partitions': '1',
  });

  it('carries changes once it is created, and goes on after its worker was killed', async () => {
    await source.sql('CREATE DATABASE shop; CREATE TABLE shop.t (id INT AUTO_INCREMENT PRIMARY KEY)');
    await connect.createConnector('live', config('live', source.port));
    await carriesChanges();
    await connect.kill();
    await connect.start();
    await carriesChanges();
    await connect.deleteConnector('live');
    expect(await connect.status('live')).toBeUndefined();
  });

  it('is refused with what the worker says of it', async () => {
    await expect(connect.createConnector('lost', config('lost', 1))).rejects.toMatchObject({
      code: 'STACK_CONNECTOR_FAILED',
      message: expect.stringMatching(/lost was refused: .*Unable to connect/s),
    });
  });
});

describe('the end of the parent', () => {
  it('by kill -9 ends broker and worker and removes their folders', async () => {
    const parent = await startParent();
    const folders = await serverFolders(parent);
    expect(folders).toHaveLength(2);
    process.kill(parent, 'SIGKILL');
    const isClean = async (): Promise<boolean> =>
      !folders.some((folder) => existsSync(folder)) &&
      (await Promise.all(folders.map((folder) => processesNaming(folder)))).flat().length === 0;
    expect(await waitUntil(isClean, { budgetMs: 15_000, everyMs: 50 })).toBe(true);
  });
});

/** Another Node process that starts both and stays. Its id. */
async function startParent(): Promise<number> {
  const door = new URL('index.ts', import.meta.url).href;
  const source = `const { startKafka, startConnect } = await import('${door}');
    await startConnect(await startKafka());
    console.log('ready');
    setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

/** The folders that the servers of a process run in. */
async function serverFolders(parent: number): Promise<string[]> {
  const pids = await childProcesses(parent);
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`)));
  return folders.filter((folder) => folder.includes('banyan-'));
}

async function admin<T>(work: (client: Admin) => Promise<T>): Promise<T> {
  const client = connectTo().admin();
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.disconnect();
  }
}

function connectTo(): kafkajs.Kafka {
  const retry = { retries: 1, initialRetryTime: 50 };
  const { NOTHING } = kafkajs.logLevel;
  return new kafkajs.Kafka({ brokers: [kafka.bootstrap], requestTimeout: 5000, retry, logLevel: NOTHING });
}

async function partitionsOf(topic: string): Promise<number> {
  const { topics } = await admin((client) => client.fetchTopicMetadata({ topics: [topic] }));
  return topics[0]?.partitions.length ?? 0;
}

async function highWatermark(topic: string): Promise<string | undefined> {
  const [partition] = await admin((client) => client.fetchTopicOffsets(topic));
  return partition?.high;
}

/** A task that runs may not have taken its place in the log yet: rows are written until one arrives. */
async function carriesChanges(): Promise<void> {
  const recordsNow = async (): Promise<number> => Number(await highWatermark('live.shop.t').catch(() => '0'));
  const before = await recordsNow();
  const arrives = async (): Promise<boolean> => {
    await source.sql('INSERT INTO shop.t VALUES ()');
    return (await recordsNow()) > before;
  };
  expect(await waitUntil(arrives, { budgetMs: 40_000, everyMs: 200 })).toBe(true);
}

async function send(topic: string, value: string): Promise<void> {
  // A broker that answers may not lead a partition yet, and says so until it does.
  const retry = { retries: 30, initialRetryTime: 100, maxRetryTime: 1000 };
  const producer = connectTo().producer({ retry, createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    await producer.send({ topic, messages: [{ value }] });
  } finally {
    await producer.disconnect();
  }
}
