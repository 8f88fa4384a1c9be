import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { messageOf, silentLog, waitUntil } from '../../../shared/index.ts';
import { startKafka, type Kafka } from '../../../stack/index.ts';
import type { SourceTransaction } from '../../change-event.ts';
import type { StartPoint } from '../../change-source.ts';
import { deadLetterOf } from '../../dead-letter.ts';
import { parsePosition } from '../../position.ts';
import { createTopicSource, type OrderedOptions } from './kafka-change-source.ts';
import type { KafkaRecord } from './decode/record.ts';
import { feedFormat } from './testing/feed-format.ts';
import { openFeed, type Feed } from './testing/feed.ts';
import { begin, change, end } from './testing/records.ts';

let kafka: Kafka;
let feed: Feed;
let count = 0;
const reading = new Set<AbortController>();

beforeAll(async () => {
  kafka = await startKafka();
}, 120_000);
afterAll(() => kafka.stop());

beforeEach(async () => {
  feed = await openFeed(kafka, `unit-${count++}`);
});
afterEach(async () => {
  for (const controller of reading) controller.abort();
  reading.clear();
  await feed.close();
});

const whole = (sequence: number, ids: readonly number[] = [sequence]): KafkaRecord[] => [
  begin(sequence),
  ...ids.map((id, i) => change(sequence, i + 1, id)),
  end(sequence, ids.length),
];
const wholes = (from: number, to: number): KafkaRecord[] =>
  Array.from({ length: to - from + 1 }, (_, i) => whole(from + i)).flat();

interface Reading {
  readonly transactions: SourceTransaction[];
  /** Set when the reading ended: the error, or undefined. */
  readonly ended: { readonly error: unknown } | undefined;
  stop(): Promise<void>;
}

/** Reads in the background; no database is behind it. */
function startReading(from: Partial<StartPoint> = {}, options: Partial<OrderedOptions> = {}): Reading {
  const controller = new AbortController();
  reading.add(controller);
  const source = createTopicSource(
    {
      brokers: [kafka.bootstrap],
      mode: 'ordered',
      topic: feed.topic,
      databaseUrl: 'mysql://nobody@127.0.0.1:1',
      log: silentLog,
      ...options,
    },
    async () => feedFormat,
  );
  const state = { transactions: [] as SourceTransaction[], ended: undefined as { error: unknown } | undefined };
  const run = async (): Promise<void> => {
    const start = { position: parsePosition(''), ...from };
    for await (const some of source.read(start, controller.signal)) state.transactions.push(...some);
  };
  const running = run().then(
    () => (state.ended = { error: undefined }),
    (error: unknown) => (state.ended = { error }),
  );
  return Object.assign(state, {
    async stop() {
      controller.abort();
      await running;
    },
  });
}

const sequences = ({ transactions }: Reading): number[] => transactions.map(({ gtid }) => Number(gtid.sequence));
const reached = (read: Reading, sequence: number): Promise<boolean> =>
  waitUntil(() => sequences(read).at(-1) === sequence || read.ended !== undefined, { budgetMs: 30_000 });
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const failed = async (read: Reading): Promise<string> => {
  await waitUntil(() => read.ended !== undefined, { budgetMs: 30_000 });
  const { error } = read.ended ?? {};
  return `${(error as { code?: string }).code}: ${messageOf(error)}`;
};

describe('reading an ordered topic', () => {
  it('gives every transaction in order, and goes on where it stopped', async () => {
    await feed.send(wholes(1, 50));
    const first = startReading();
    expect(await reached(first, 50)).toBe(true);
    await first.stop();
    expect(sequences(first)).toEqual(range(1, 50));
    const last = first.transactions[29];
    const second = startReading({ position: parsePosition('0-1-30'), cursor: last?.cursor ?? '' });
    await feed.send(wholes(51, 52));
    expect(await reached(second, 52)).toBe(true);
    expect(sequences(second)).toEqual(range(31, 52));
  });

  it('goes on from every position without a cursor', async () => {
    await feed.send(wholes(1, 12));
    for (let applied = 1; applied < 12; applied++) {
      const read = startReading({ position: parsePosition(`0-1-${applied}`) });
      await reached(read, 12);
      await read.stop();
      expect(sequences(read)).toEqual(range(applied + 1, 12));
    }
  });

  it('stops when told to, also while nothing happens', async () => {
    const read = startReading();
    await feed.send(whole(1));
    await reached(read, 1);
    await read.stop();
    expect(read.ended).toEqual({ error: undefined });
  });

  it('E21 sees nothing of what a producer gave up', async () => {
    await feed.send(whole(1), 'commit');
    await feed.send(whole(2, [666]), 'abort');
    await feed.send(whole(2), 'commit');
    const read = startReading();
    await reached(read, 2);
    expect(read.transactions.map(({ changes }) => changes.map(({ after }) => after?.['id']))).toEqual([[1], [2]]);
    const again = startReading({ position: parsePosition('0-1-2'), cursor: read.transactions[1]?.cursor ?? '' });
    await feed.send(whole(3), 'commit');
    await reached(again, 3);
    expect(sequences(again)).toEqual([3]);
  });

  it('loses and doubles nothing when the broker is killed', async () => {
    const read = startReading({}, { backlogBytes: 4000 });
    await feed.send(wholes(1, 500));
    await waitUntil(() => read.transactions.length > 10, { budgetMs: 20_000 });
    await kafka.kill();
    await kafka.start();
    await waitUntil(() => feed.send(wholes(501, 1000)).then(yes, no), { budgetMs: 30_000, everyMs: 100 });
    await reached(read, 1000);
    expect(sequences(read)).toEqual(range(1, 1000));
  }, 120_000);

  it('E23 two readers of one topic both see everything', async () => {
    const readers = [startReading(), startReading()];
    await feed.send(wholes(1, 200));
    for (const read of readers) {
      await reached(read, 200);
      expect(sequences(read)).toEqual(range(1, 200));
    }
  });

  it('hands a large transaction over in pieces', async () => {
    await feed.send(whole(1, range(1, 1000)));
    const read = startReading({}, { pieceBytes: 10_000, backlogBytes: 20_000 });
    await reached(read, 1);
    await waitUntil(() => read.transactions.at(-1)?.continues === undefined, { budgetMs: 10_000 });
    const ids = read.transactions.flatMap(({ changes }) => changes.map(({ after }) => after?.['id']));
    expect(ids).toEqual(range(1, 1000));
    expect(read.transactions.length).toBeGreaterThan(5);
  });
});

describe('a topic that does not hold what follows', () => {
  it('names the topic that is missing, and what makes it', async () => {
    const read = startReading({}, { topic: 'never-made' });
    expect(await failed(read)).toBe('CDC_TOPIC_UNUSABLE: the topic never-made does not exist');
    expect(read.ended?.error).toMatchObject({ fix: expect.stringContaining('banyan connector') });
  });

  it('E24 says so when retention passed the position', async () => {
    await feed.send(wholes(1, 20));
    await feed.deleteUpTo(30);
    const read = startReading({ position: parsePosition('0-1-5'), cursor: `${feed.topic}/0/15` });
    expect(await failed(read)).toBe(
      `CDC_POSITION_LOST: ${feed.topic}/0/30 goes on with 0-1-11; expected 0-*-6 after 0-1-5`,
    );
  });

  it('E24 says so when the topic was recreated', async () => {
    await feed.send(wholes(1, 20));
    const first = startReading();
    await reached(first, 20);
    await first.stop();
    await feed.recreate();
    await waitUntil(() => feed.send(wholes(23, 30)).then(yes, no), { budgetMs: 10_000 });
    const cursor = first.transactions.at(5)?.cursor ?? '';
    const read = startReading({ position: parsePosition('0-1-20'), cursor });
    expect(await failed(read)).toMatch(/^CDC_POSITION_LOST: .* goes on with 0-1-23; expected 0-\*-21 after 0-1-20$/);
  });

  it('says so when the topic holds a hole', async () => {
    await feed.send([...wholes(1, 3), ...wholes(5, 6)]);
    const read = startReading();
    expect(await failed(read)).toMatch(/^CDC_POSITION_LOST: .* goes on with 0-1-5; expected 0-\*-4 after 0-1-3$/);
    expect(sequences(read)).toEqual([1, 2, 3]);
  });

  it('refuses several partitions, and compaction', async () => {
    await feed.recreate(3);
    expect(await failed(startReading())).toMatch(/^CDC_TOPIC_UNUSABLE: .*it has 3 partitions; expected 1/);
    await kafka.createTopic('compacted', { config: { 'cleanup.policy': 'compact' } });
    expect(await failed(startReading({}, { topic: 'compacted' }))).toMatch(/its cleanup.policy is compact; expected/);
  });
});

describe('a record that cannot be decoded', () => {
  it('is named with its place, kept as it came, and passed over when an operator says so', async () => {
    await feed.send([begin(1), change(1, 1, 1)]);
    await feed.sendRaw('{"kind":');
    await feed.send([change(1, 3, 3), end(1, 3)]);
    const where = `${feed.topic}/0/2`;
    const read = startReading({}, {});
    await waitUntil(() => read.ended !== undefined, { budgetMs: 20_000 });
    const { error } = read.ended as { error: never };
    expect(messageOf(error)).toContain(where);
    expect(deadLetterOf(error)).toEqual({ where, raw: Buffer.from('{"kind":') });
    const passing = startReading({ passes: [where] });
    await reached(passing, 1);
    expect(passing.transactions[0]?.changes.map(({ after }) => after?.['id'])).toEqual([1, 3]);
  });
});

const yes = (): boolean => true;
const no = (): boolean => false;
