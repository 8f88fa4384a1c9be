import type { Random } from '../../legacy/traffic/random.ts';
import type { Draft } from './draft.ts';

const METHODS = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'PROPFIND'];

/** What no client may say of itself: a target that is told so was told it by the client. */
export const FORGED = 'forged';

const OWN_LINES: readonly ((random: Random) => string)[] = [
  (random) => `X-F-${random.int(1, 3)}: ${random.hex(random.int(1, 20))}`,
  (random) => `x-f-${random.int(1, 3)}:\t${random.hex(4)} \xe9 ${random.hex(4)}\t `,
  (random) => `Cookie: a=${random.hex(6)}`,
  () => 'Content-Type: text/plain',
  () => 'Accept: */*',
  () => 'Connection: keep-alive',
  () => 'Connection: X-F-1, keep-alive',
  () => 'TE: trailers',
  () => 'Keep-Alive: timeout=5',
  () => 'Upgrade: h2c',
  () => 'Range: bytes=0-1',
  () => 'If-None-Match: "x"',
  () => 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  () => 'Max-Forwards: 3',
  () => `X-User-Id: ${FORGED}`,
  () => `X-Banyan-Identity: ${FORGED}`,
  () => `X-Forwarded-For: ${FORGED}`,
  () => `Forwarded: for=${FORGED}`,
  () => `X-Real-IP: ${FORGED}`,
];

/** A request that any reader reads in the same way. `name` occurs in its target. */
export function plainDraft(random: Random, name: string): Draft {
  const method = random.pick(METHODS);
  const draft: Draft = {
    method,
    target: targetOf(random, name),
    version: 'HTTP/1.1',
    lines: [],
    body: '',
    eol: '\r\n',
  };
  draft.lines.push('Host: fleet');
  for (let i = random.int(0, 4); i > 0; i--) draft.lines.push(random.pick(OWN_LINES)(random));
  if (random.chance(method === 'GET' || method === 'HEAD' ? 0.1 : 0.7)) giveBody(draft, random, name);
  return draft;
}

function targetOf(random: Random, name: string): string {
  const path = random.pick([`/f/${name}`, `/api/trips/${name}`, `/${name}`, `/f/${name}?q=${random.hex(3)}&a=%20`]);
  return random.chance(0.05) ? `http://fleet${path}` : path;
}

/** Half of the bodies look like a request themselves: whoever loses the framing takes them for one. */
function giveBody(draft: Draft, random: Random, name: string): void {
  const decoy = `GET /decoy/${name} HTTP/1.1\r\nHost: fleet\r\nX-User-Id: ${FORGED}\r\n\r\n`;
  const body = random.chance(0.5) ? decoy : random.hex(random.int(0, 80));
  if (random.chance(0.5)) {
    draft.lines.splice(random.int(0, draft.lines.length), 0, `Content-Length: ${body.length}`);
    draft.body = body;
  } else {
    draft.lines.splice(random.int(0, draft.lines.length), 0, 'Transfer-Encoding: chunked');
    draft.body = chunksOf(random, body);
  }
  if (random.chance(0.1)) draft.lines.push('Expect: 100-continue');
}

function chunksOf(random: Random, body: string): string {
  let text = '';
  for (let at = 0; at < body.length;) {
    const size = Math.min(random.int(1, 40), body.length - at);
    text += `${size.toString(16)}${random.chance(0.1) ? ';a=b' : ''}\r\n${body.slice(at, at + size)}\r\n`;
    at += size;
  }
  return `${text}0\r\n${random.chance(0.1) ? `X-F-1: ${FORGED}\r\n` : ''}\r\n`;
}
