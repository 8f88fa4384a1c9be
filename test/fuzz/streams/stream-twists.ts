import { END_HEADERS, END_STREAM, type Field } from '../../../edge/testing/raw-http2.fixture.ts';
import type { Random } from '../../../legacy/traffic/random.ts';
import { FORGED } from '../plain-draft.ts';
import type { FrameDraft, StreamDraft } from './stream-draft.ts';

const DECOY = ` HTTP/1.1\r\nHost: fleet\r\n\r\nGET /decoy HTTP/1.1\r\nHost: fleet\r\n\r\n`;

/** Fields that no request may have, or that mean something else one hop on. */
const FIELDS: readonly Field[] = [
  ['transfer-encoding', 'chunked'],
  ['connection', 'close'],
  ['keep-alive', 'timeout=5'],
  ['upgrade', 'websocket'],
  ['te', 'gzip'],
  ['content-length', '1'],
  ['content-length', '+5'],
  ['content-length', ''],
  ['content-length', '9'.repeat(30)],
  ['host', 'other'],
  ['expect', '100-continue'],
  ['X-Upper', 'a'],
  ['x-f-1', `a\r\nX-User-Id: ${FORGED}`],
  ['x-f-1', `a\nX-User-Id: ${FORGED}`],
  ['x-f-1', `a\rX-User-Id: ${FORGED}`],
  ['x-f-1', 'a\x00b'],
  ['x-f-1', ' a\t'],
  ['x f', 'a'],
  ['x-f: b\r\nx-user-id', FORGED],
  ['', 'a'],
  ['x-f-1\x00', 'a'],
  ['\xe9', 'a'],
  [':path', '/decoy'],
  [':unknown', 'a'],
  [':protocol', 'websocket'],
  [':status', '200'],
  [':authority', 'other'],
  ['x-huge', 'h'.repeat(20_000)],
];

const PATHS = [
  '',
  '*',
  'x',
  `/a${DECOY}`,
  '/a b',
  '/a\r\nb',
  '/a\x00',
  '/\xe9',
  'http://other/x',
  '/a#b',
  '/a/../b',
  '//x',
];
const METHODS = ['', 'get', 'CONNECT', 'TRACE', `GET /a${DECOY}`, 'GE T', 'G\x00', 'PRI'];
const AUTHORITIES = ['', 'other', 'fleet\r\nX-User-Id: forged', 'a@fleet', 'fleet, other', 'fl eet'];

type Twist = (stream: StreamDraft, random: Random) => void;

function withField(name: string, value: string): Twist {
  return (stream) => void (stream.fields = stream.fields.map((field) => (field[0] === name ? [name, value] : field)));
}

const twists: readonly Twist[] = [
  (stream, random) => void stream.fields.push(random.pick(FIELDS)),
  (stream, random) => void stream.fields.push(random.pick(FIELDS)),
  (stream, random) => void stream.fields.splice(random.int(0, stream.fields.length), 0, random.pick(FIELDS)),
  (stream, random) => void stream.fields.splice(random.int(0, 3), 1),
  (stream, random) => withField(':path', random.pick(PATHS))(stream, random),
  (stream, random) => withField(':method', random.pick(METHODS))(stream, random),
  (stream, random) => withField(':authority', random.pick(AUTHORITIES))(stream, random),
  (stream, random) =>
    void stream.trailers.push(
      random.pick([
        ['x-user-id', FORGED],
        ['content-length', '5'],
        [':path', '/decoy'],
        ['x', 'a\r\nb'],
      ]),
    ),
  (stream) => void stream.data.push('more than was said'),
  (stream, random) => {
    for (let i = random.int(80, 500); i > 0; i--) stream.fields.push([`x-h-${i}`, 'h']);
  },
];

export function twistStream(stream: StreamDraft, random: Random): void {
  stream.isPlain = false;
  for (let i = random.int(1, 2); i > 0; i--) random.pick(twists)(stream, random);
}

type FrameTwist = (frames: FrameDraft[], at: number, random: Random) => void;

const between =
  (payload: Buffer, type: FrameDraft['type'], flags = 0): FrameTwist =>
  (frames, at) =>
    void frames.splice(at, 0, { type, flags, stream: frames[at]?.stream ?? 1, payload });

const frameTwists: readonly FrameTwist[] = [
  (frames, at) => void frames.splice(at, 1),
  (frames, at) => void frames.splice(at, 0, { ...(frames[at] as FrameDraft) }),
  (frames, at, random) => void ((frames[at] as FrameDraft).flags ^= 1 << random.int(0, 7)),
  (frames, at, random) => void ((frames[at] as FrameDraft).stream = random.int(0, 9)),
  (frames, at, random) => cutHeaders(frames, at, random),
  between(Buffer.of(0, 0, 0, 8), 'RST_STREAM'),
  between(Buffer.of(0, 0, 0, 0), 'WINDOW_UPDATE'),
  between(Buffer.of(0x7f, 0xff, 0xff, 0xff), 'WINDOW_UPDATE'),
  between(Buffer.alloc(0), 'DATA'),
  between(Buffer.alloc(0), 'CONTINUATION', END_HEADERS),
  between(Buffer.of(0, 0, 0, 0, 16), 'PRIORITY'),
  between(Buffer.alloc(7), 'PING'),
  between(Buffer.alloc(5), 'SETTINGS'),
  between(Buffer.alloc(4), 'PUSH_PROMISE', END_HEADERS),
  between(Buffer.alloc(8), 'GOAWAY'),
];

/** Breaks the rules of frames somewhere; what becomes of the connection is then anybody's guess, but not of requests. */
export function twistFrames(frames: FrameDraft[], random: Random): void {
  random.pick(frameTwists)(frames, random.int(0, frames.length - 1), random);
}

/** The rest of a head in a frame of its own, or in one of another stream. */
function cutHeaders(frames: FrameDraft[], at: number, random: Random): void {
  const { type, flags, stream, payload } = frames[at] as FrameDraft;
  if (type !== 'HEADERS') return;
  const cut = random.int(0, payload.length);
  const other = random.chance(0.3) ? stream + 2 : stream;
  frames.splice(
    at,
    1,
    { type, flags: flags & END_STREAM, stream, payload: payload.subarray(0, cut) },
    { type: 'CONTINUATION', flags: END_HEADERS, stream: other, payload: payload.subarray(cut) },
  );
}
