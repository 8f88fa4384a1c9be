import {
  END_HEADERS,
  END_STREAM,
  fieldBlock,
  frame,
  type Field,
  type FrameType,
} from '../../../edge/testing/raw-http2.fixture.ts';
import type { Random } from '../../../legacy/traffic/random.ts';
import { FORGED } from '../plain-draft.ts';

export interface FrameDraft {
  type: FrameType;
  flags: number;
  stream: number;
  payload: Buffer;
}

/** A request of HTTP/2 as it is made up. All text is latin1. */
export interface StreamDraft {
  readonly id: number;
  readonly method: string;
  readonly path: string;
  fields: Field[];
  /** What its DATA frames carry. */
  data: string[];
  trailers: Field[];
  /** False when something about it is doubtful. */
  isPlain: boolean;
}

const METHODS = ['GET', 'GET', 'HEAD', 'POST', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'QUERY'];
const MORE: readonly Field[] = [
  ['x-f-1', 'a'],
  ['x-f-2', ' \xe9 '],
  ['cookie', 'a=b'],
  ['cookie', 'c=d'],
  ['accept', '*/*'],
  ['content-type', 'text/plain'],
  ['te', 'trailers'],
  ['x-user-id', FORGED],
  ['x_user_id', FORGED],
  ['x-banyan-identity', FORGED],
  ['x-forwarded-for', FORGED],
];

export function plainStream(random: Random, id: number, name: string): StreamDraft {
  const method = random.pick(METHODS);
  const path = random.pick([`/f/${name}`, `/api/trips/${name}`, `/${name}?q=%20`]);
  const fields: Field[] = [
    [':method', method],
    [':scheme', 'http'],
    [':authority', 'fleet'],
    [':path', path],
  ];
  for (let i = random.int(0, 3); i > 0; i--) fields.push(random.pick(MORE));
  const hasBody = random.chance(method === 'GET' || method === 'HEAD' ? 0.1 : 0.7);
  const data = hasBody ? dataOf(random, name) : [];
  if (hasBody && random.chance(0.5)) fields.push(['content-length', String(data.join('').length)]);
  const seen = new Set<string>();
  const once = fields.filter(([field]) => field !== 'content-type' || (!seen.has(field) && seen.add(field)));
  return { id, method, path, fields: once, data, trailers: [], isPlain: true };
}

function dataOf(random: Random, name: string): string[] {
  const decoy = `GET /decoy/${name} HTTP/1.1\r\nHost: fleet\r\nX-User-Id: ${FORGED}\r\n\r\n`;
  const body = random.chance(0.5) ? decoy : random.hex(random.int(1, 80));
  const at = random.int(0, body.length);
  return random.chance(0.5) ? [body] : [body.slice(0, at), body.slice(at)];
}

/** Its frames in order; the last one ends the stream. */
export function framesOf({ id, fields, data, trailers }: StreamDraft): FrameDraft[] {
  const frames: FrameDraft[] = [{ type: 'HEADERS', flags: END_HEADERS, stream: id, payload: fieldBlock(fields) }];
  for (const text of data) frames.push({ type: 'DATA', flags: 0, stream: id, payload: Buffer.from(text, 'latin1') });
  if (trailers.length > 0)
    frames.push({ type: 'HEADERS', flags: END_HEADERS, stream: id, payload: fieldBlock(trailers) });
  const last = frames.at(-1);
  if (last) last.flags |= END_STREAM;
  return frames;
}

export function bytesOfFrames(frames: readonly FrameDraft[]): Buffer {
  return Buffer.concat(frames.map(({ type, flags, stream, payload }) => frame(type, flags, stream, payload)));
}
