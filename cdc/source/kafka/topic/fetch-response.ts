import kafkaError from 'kafkajs/src/protocol/error.js';
import { readBatches, type AbortedTransaction } from './record-batch.ts';
import type { FetchedPartition, FetchRequest } from './topic-log.ts';

export interface FetchAnswer {
  readonly clientSideThrottleTime: number;
  readonly partitions: readonly FetchedPartition[];
}

/**
 * Reads a fetch response of version 11. The client's own reader makes a `Long` and several objects of every record,
 * which is most of the time a reader of small messages spends, and gives no place to go on behind compacted records.
 */
export function readFetchResponse(bytes: Buffer, requests: readonly FetchRequest[]): FetchAnswer {
  const cursor = new ResponseCursor(bytes);
  const clientSideThrottleTime = cursor.int32();
  failOn(cursor.int16());
  cursor.int32();
  const partitions: FetchedPartition[] = [];
  for (let topics = cursor.int32(); topics > 0; topics--) {
    const topic = cursor.text();
    for (let left = cursor.int32(); left > 0; left--) partitions.push(readPartition(cursor, topic, requests));
  }
  return { clientSideThrottleTime, partitions };
}

function readPartition(cursor: ResponseCursor, topic: string, requests: readonly FetchRequest[]): FetchedPartition {
  const partition = cursor.int32();
  failOn(cursor.int16());
  cursor.int64();
  const end = cursor.int64();
  cursor.int64();
  const aborted: AbortedTransaction[] = [];
  for (let left = cursor.int32(); left > 0; left--)
    aborted.push({ producerId: cursor.bigint(), firstOffset: cursor.int64() });
  cursor.int32();
  const from = requests.find((asked) => asked.topic === topic && asked.partition === partition)?.offset ?? 0;
  return { topic, partition, end, ...readBatches(cursor.take(Math.max(0, cursor.int32())), from, aborted) };
}

function failOn(code: number): void {
  if (code !== 0) throw kafkaError.createErrorFromCode(code);
}

class ResponseCursor {
  private readonly buffer: Buffer;
  private at = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  int16(): number {
    this.at += 2;
    return this.buffer.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.buffer.readInt32BE(this.at - 4);
  }

  bigint(): bigint {
    this.at += 8;
    return this.buffer.readBigInt64BE(this.at - 8);
  }

  int64(): number {
    return Number(this.bigint());
  }

  take(length: number): Buffer {
    this.at += length;
    return this.buffer.subarray(this.at - length, this.at);
  }

  text(): string {
    return this.take(this.int16()).toString('utf8');
  }
}
