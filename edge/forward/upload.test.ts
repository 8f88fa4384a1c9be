import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { ArrivingRequest } from '../client.ts';
import { Upload, type BodySink } from './upload.ts';

/** A request whose body is what a test emits. */
class Body extends EventEmitter {
  destroyed = false;
  isPaused = false;

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  destroy(): void {
    this.destroyed = true;
  }
}

function upload(): { body: Body; upload: Upload } {
  const body = new Body();
  const count = { bodyBytes: -1, requestBytes: 0, maxBodyBytes: Number.POSITIVE_INFINITY };
  return { body, upload: new Upload(body as unknown as ArrivingRequest, count) };
}

function sink(takes = true): BodySink & { readonly taken: string[] } {
  const taken: string[] = [];
  return { taken, bodyChunk: (chunk) => (taken.push(chunk.toString()), takes), bodyEnd: () => void taken.push('end') };
}

const GRACE_MS = 10_000;
const BYTES_PER_S = 500;
const later = (ms: number): number => performance.now() + ms;

describe('an upload', () => {
  it('is slow when little has come in a while, also after it began fast', () => {
    const { body, upload: one } = upload();
    one.pour(sink());
    body.emit('data', Buffer.alloc(1_000_000));
    expect(one.isSlow(later(9_000), GRACE_MS, BYTES_PER_S)).toBe(false);
    expect(one.isSlow(later(11_000), GRACE_MS, BYTES_PER_S)).toBe(false);
    body.emit('data', Buffer.alloc(4_000));
    expect(one.isSlow(later(20_000), GRACE_MS, BYTES_PER_S)).toBe(false);
    expect(one.isSlow(later(22_000), GRACE_MS, BYTES_PER_S)).toBe(true);
  });

  it('is never slow while it is the target that takes nothing, and tells for how long', () => {
    const { body, upload: one } = upload();
    one.pour(sink(false));
    body.emit('data', Buffer.alloc(1));
    expect([one.isPaused, body.isPaused]).toEqual([true, true]);
    expect(one.isSlow(later(60_000), GRACE_MS, BYTES_PER_S)).toBe(false);
    expect(one.pausedMs(later(60_000))).toBeGreaterThan(59_000);
    one.resume();
    expect([one.isPaused, body.isPaused, one.pausedMs(later(60_000))]).toEqual([false, false, 0]);
  });

  it('is read on when nobody wants the rest, and given to nobody', () => {
    const { body, upload: one } = upload();
    const target = sink(false);
    one.pour(target);
    body.emit('data', Buffer.from('a'));
    one.drop();
    body.emit('data', Buffer.from('b'));
    body.emit('end');
    body.emit('close');
    expect(target.taken).toEqual(['a']);
    expect([body.isPaused, one.isDone]).toEqual([false, true]);
  });
});
