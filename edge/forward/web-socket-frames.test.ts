import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { WebSocketFrames } from './web-socket-frames.ts';

const HEAD = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n';

function frame(length: number, isMasked = false): Buffer {
  const mask = isMasked ? 128 : 0;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 0x82;
  header[1] = mask | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, Buffer.alloc(isMasked ? 4 : 0), Buffer.alloc(length, 0xff)]);
}

describe('the frames of a WebSocket', () => {
  it('are told apart however their bytes are cut', () => {
    const lengths = fc.array(
      fc.record({ length: fc.constantFrom(0, 1, 125, 126, 300, 65_536), isMasked: fc.boolean() }),
      {
        maxLength: 6,
      },
    );
    const cuts = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(lengths, cuts, (given, sizes) => {
        const frames = given.map(({ length, isMasked }) => frame(length, isMasked));
        const ends = new Set([HEAD.length]);
        for (const one of frames) ends.add(Math.max(...ends) + one.length);
        const bytes = Buffer.concat([Buffer.from(HEAD), ...frames]);
        const follower = new WebSocketFrames();
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const next = Math.min(bytes.length, at + (sizes[i % sizes.length] ?? 1));
          follower.feed(bytes.subarray(at, next));
          at = next;
          if (follower.isBetween !== ends.has(at)) return false;
        }
        return true;
      }),
    );
  });

  it.each([['HTTP/1.1 401 Unauthorized\r\n\r\nno'], ['HTTP/1.1 101 Switching'], ['']])('are none after %j', (text) => {
    const follower = new WebSocketFrames();
    follower.feed(Buffer.from(text));
    expect(follower.isBetween).toBe(false);
  });
});
