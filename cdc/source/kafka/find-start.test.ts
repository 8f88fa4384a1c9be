import { describe, expect, it } from '@jest/globals';
import { parsePosition } from '../../position.ts';
import { findStart } from './find-start.ts';
import type { KafkaRecord } from './decode/record.ts';
import { transactionOfFeed } from './testing/feed-format.ts';
import { begin, change, end } from './testing/records.ts';
import type { FetchRequest, LogRecord, TopicLog } from './topic/topic-log.ts';

const place = { topic: 'shop', partition: 0 };

/** A topic in memory; every second offset is a marker without a record, and an answer holds three records at most. */
function createTopic(records: readonly KafkaRecord[], low = 0) {
  const stored = records.map((record, i): LogRecord => {
    return { offset: i * 2, value: Buffer.from(JSON.stringify(record)) };
  });
  const end = stored.length * 2;
  let fetches = 0;
  const log: Pick<TopicLog, 'bounds' | 'fetch'> = {
    bounds: async () => ({ low, end }),
    fetch: async ([request]: readonly FetchRequest[]) => {
      fetches += 1;
      const found = stored.filter(({ offset }) => offset >= (request?.offset ?? 0)).slice(0, 3);
      const next = found.at(-1)?.offset;
      return [{ ...place, records: found, next: next === undefined ? end : next + 1, end }];
    },
  };
  const start = (position: string, cursor?: string) =>
    findStart({
      log,
      place,
      transactionOf: transactionOfFeed,
      from: { position: parsePosition(position), ...(cursor !== undefined && { cursor }) },
    });
  return { start, fetches: () => fetches };
}

/** Transactions 1 to `count` of three records each. */
const history = (count: number): KafkaRecord[] =>
  Array.from({ length: count }, (_, i) => [begin(i + 1), change(i + 1, 1, i), end(i + 1, 1)]).flat();

describe('findStart', () => {
  it('finds the place behind a position without reading the topic', async () => {
    const topic = createTopic(history(10_000));
    await expect(topic.start('0-1-7000')).resolves.toBe(7000 * 6 - 1);
    expect(topic.fetches()).toBeLessThan(20);
  });

  it('finds every place', async () => {
    const topic = createTopic(history(7));
    for (let applied = 1; applied < 7; applied++) {
      const start = await topic.start(`0-1-${applied}`);
      expect([applied, Math.ceil(start / 6)]).toEqual([applied, applied]);
    }
  });

  it('begins at the beginning when nothing is applied, and at the end when everything is', async () => {
    const topic = createTopic(history(7), 6);
    await expect(topic.start('')).resolves.toBe(6);
    await expect(topic.start('0-1-7')).resolves.toBe(41);
    await expect(createTopic([]).start('0-1-7')).resolves.toBe(0);
  });

  it('believes a cursor that the record in front of it confirms', async () => {
    const topic = createTopic(history(1000));
    await expect(topic.start('0-1-3', 'shop/0/17')).resolves.toBe(17);
    expect(topic.fetches()).toBe(1);
  });

  it.each([
    ['another topic', 'store/0/17'],
    ['another transaction', 'shop/0/23'],
    ['a place without a record', 'shop/0/18'],
    ['a place behind the end', 'shop/0/99999'],
    ['nothing that could be read', 'shop/0/x'],
  ])('searches when the cursor names %s', async (_, cursor) => {
    await expect(createTopic(history(10)).start('0-1-3', cursor)).resolves.toBe(17);
  });

  it('looks past records that say nothing about a transaction', async () => {
    const silent: KafkaRecord[] = Array.from({ length: 40 }, () => ({ kind: 'nothing' }));
    const topic = createTopic([...history(2), ...silent, begin(3), end(3, 0), ...silent]);
    await expect(topic.start('0-1-2')).resolves.toBe(11);
    await expect(topic.start('0-1-3')).resolves.toBe(47 * 2 + 1);
  });
});
