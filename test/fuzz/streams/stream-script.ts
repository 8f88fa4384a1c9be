import { createRandom, type Random } from '../../../legacy/traffic/random.ts';
import { bytesOfFrames, framesOf, plainStream, type FrameDraft, type StreamDraft } from './stream-draft.ts';
import { twistFrames, twistStream } from './stream-twists.ts';

/** What a client sends on one connection of HTTP/2 behind the preface, in pieces. */
export interface StreamScript {
  readonly pieces: readonly Buffer[];
  readonly streams: readonly StreamDraft[];
  /** False when frames or bytes are damaged: which streams end, and what is in them, cannot be told then. */
  readonly isWhole: boolean;
}

/** The same for the same two numbers. */
export function createStreamScript(seed: number, session: number): StreamScript {
  const random = createRandom(seed, `streams ${session}`);
  const streams = Array.from({ length: random.int(1, 5) }, (_, i) => plainStream(random, 2 * i + 1, `${session}-${i}`));
  for (const stream of streams) if (random.chance(0.45)) twistStream(stream, random);
  const frames = mixed(streams.map(framesOf), random);
  const isTwisted = random.chance(0.25);
  if (isTwisted) twistFrames(frames, random);
  const isDamaged = random.chance(0.15);
  const bytes = isDamaged ? damaged(bytesOfFrames(frames), random) : bytesOfFrames(frames);
  return { pieces: cut(bytes, random), streams, isWhole: !isTwisted && !isDamaged };
}

/** The frames of all, those of each in order; streams have to begin in the order of their numbers. */
function mixed(streams: FrameDraft[][], random: Random): FrameDraft[] {
  const frames = streams.flatMap((own) => own.splice(0, 1));
  while (streams.some((own) => own.length > 0)) frames.push(...random.pick(streams).splice(0, 1));
  return frames;
}

function damaged(bytes: Buffer, random: Random): Buffer {
  let all = bytes;
  for (let i = random.int(1, 3); i > 0; i--) {
    const at = random.int(0, all.length);
    const other = random.pick([Buffer.alloc(0), Buffer.of(random.int(0, 255)), all.subarray(at, at + 12)]);
    all = Buffer.concat([all.subarray(0, at), other, all.subarray(at + random.int(0, 2))]);
  }
  return all;
}

function cut(bytes: Buffer, random: Random): Buffer[] {
  if (random.chance(0.15) && bytes.length < 1500) return [...bytes].map((byte) => Buffer.of(byte));
  const at = random.chance(0.5) ? random.int(0, bytes.length) : 0;
  return [bytes.subarray(0, at), bytes.subarray(at)].filter(({ length }) => length > 0);
}
