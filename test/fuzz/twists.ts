import type { Random } from '../../legacy/traffic/random.ts';
import type { Draft } from './draft.ts';
import { FORGED } from './plain-draft.ts';

/** One thing that makes a request doubtful, put where it hurts. */
export type Twist = (draft: Draft, random: Random) => void;

const CODINGS = [
  'chunked',
  'Chunked',
  'chunked ',
  ' chunked',
  '\tchunked',
  '\x0bchunked',
  '\x00chunked',
  'xchunked',
  'chunked, identity',
  'identity, chunked',
  'gzip, chunked',
  'chunked, chunked',
  'chunked;q=1',
  '"chunked"',
  'identity',
  '',
  'chu\r\n nked',
  'chunked\r',
];

const CODING_NAMES = [
  'Transfer-Encoding',
  'transfer-encoding',
  'Transfer-Encoding ',
  ' Transfer-Encoding',
  '\tTransfer-Encoding',
  'Transfer-Encoding\t',
  'Transfer_Encoding',
  'Transfer-Encoding\x00',
  'X: y\nTransfer-Encoding',
  'X: y\rTransfer-Encoding',
  'Content-Encoding',
];

const LENGTHS = [
  '0',
  '1',
  '5',
  '+5',
  '-1',
  '5 ',
  ' 5',
  '05',
  '0x5',
  '5,5',
  '5, 6',
  '5\x00',
  '5\x0b',
  '5e1',
  '5.0',
  '',
  '\xb2',
  '9007199254740993',
  '18446744073709551621',
  '9'.repeat(40),
  '5\r\n 0',
];

const SIZES = [
  '5',
  '0x5',
  '+5',
  '-5',
  '5 ',
  ' 5',
  '05',
  '000000000000000000005',
  '5;',
  '5;a',
  '5;a=b',
  '5;a="b',
  '5;a="\r\n"',
  '5 ;a',
  '5;\x00',
  '5\n',
  '5\r',
  '5\r\r',
  'g',
  '',
  'FFFFFFFFFFFFFFFF5',
  `5;${'a'.repeat(20_000)}`,
];

const TAILS = [
  '0\r\n\r\n',
  '0\n\n',
  '0\r\n',
  '00\r\n\r\n',
  '0;a\r\n\r\n',
  '0\r\nContent-Length: 5\r\n\r\n',
  `0\r\nX-User-Id: ${FORGED}\r\n\r\n`,
  '0\r\nTransfer-Encoding: chunked\r\n\r\n',
  '0\r\nX\r\n\r\n',
  '0\r\n X: y\r\n\r\n',
  '0\r\nX : y\r\n\r\n',
  '0\r\nX: y\n\r\n',
  '0\r\n\r',
  '-0\r\n\r\n',
  '',
];

const VERSIONS = [
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/0.9',
  'HTTP/2.0',
  'HTTP/1.1 ',
  'HTTP/1',
  'http/1.1',
  'HTTP/1.1\x00',
  'HTTP/01.1',
  'ICE/1.0',
  '',
];

const HOSTS = [
  'Host: other',
  'Host: fleet, other',
  'Host:',
  'Host: fleet@other',
  'Host: fleet:80:80',
  'Host: fl eet',
  'Host : fleet',
];

const TARGETS = [
  '*',
  'fleet:443',
  '//other/x',
  '/a/../b',
  '/a/%2e%2e/b',
  '/a/%2E%2e%2fb',
  '/a%00b',
  '/a%zz',
  '/a%',
  '/a\\b',
  '/a b',
  '/a\tb',
  '/\xe9',
  '/a\x00b',
  '/a#b',
  '/a?b#c?d',
  'http://other/x',
  'http://fleet@other/x',
  'http://fleet',
  'https://fleet/x',
  'ftp://fleet/x',
  '?x',
  `/${'a'.repeat(20_000)}`,
  '/x HTTP/1.1\r\nHost: fleet\r\n\r\nGET /decoy',
];

const METHODS = ['CONNECT', 'TRACE', 'get', 'FOO', 'GE T', 'G\x00T', 'PRI', 'SOURCE', ' GET', '', 'G'.repeat(3000)];

const EXTRA_LINES = [
  'Connection: close',
  'Connection: Content-Length',
  'Connection: Transfer-Encoding, keep-alive',
  'Connection: Host, Cookie',
  'Connection: close, keep-alive',
  'Connection: ,,, ',
  'Content-Type: a\r\nContent-Type: b',
  'Expect: 200-ok',
  'Expect: 100-continue, 100-continue',
  'Upgrade: websocket\r\nConnection: Upgrade',
  'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13',
  'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
  'Max-Forwards: 0',
  'X-F-1: a\r\n folded',
  `X-F-1: a\nX-User-Id: ${FORGED}`,
  `X-F-1: a\rX-User-Id: ${FORGED}`,
  'X-F-1: a\x00b',
  'X-F-1 : a',
  'X F 1: a',
  `X_User_Id: ${FORGED}`,
  `x_banyan-identity: ${FORGED}`,
  ': empty',
  'no colon',
  '\xe9: a',
  '(): a',
  'Cookie: a=b\r\nCookie: c=d',
  'X-HTTP-Method-Override: DELETE',
];

function withLine(line: string): Twist {
  return (draft, random) => void draft.lines.splice(random.int(0, draft.lines.length), 0, line);
}

const addCoding: Twist = (draft, random) =>
  withLine(`${random.pick(CODING_NAMES)}:${random.chance(0.9) ? ' ' : ''}${random.pick(CODINGS)}`)(draft, random);

const addLength: Twist = (draft, random) =>
  withLine(
    `${random.pick(['Content-Length', 'content-length', 'Content-Length ', 'Content_Length'])}: ${random.pick(LENGTHS)}`,
  )(draft, random);

const changeLength: Twist = (draft, random) => {
  const at = draft.lines.findIndex((line) => line.startsWith('Content-Length: '));
  if (at >= 0) draft.lines[at] = `Content-Length: ${random.pick(LENGTHS)}`;
};

const badChunks: Twist = (draft, random) => {
  draft.lines = draft.lines.filter((line) => !line.startsWith('Content-Length'));
  if (!draft.lines.includes('Transfer-Encoding: chunked')) draft.lines.push('Transfer-Encoding: chunked');
  const end = random.pick(['\r\n', '\r\n', '\n', '', '\r', 'XX', '\r\n\r\n']);
  draft.body = `${random.pick(SIZES)}${random.pick(['\r\n', '\r\n', '\n', ''])}hello${end}${random.pick(TAILS)}`;
};

const badTail: Twist = (draft, random) => {
  if (draft.body.endsWith('0\r\n\r\n')) draft.body = draft.body.slice(0, -5) + random.pick(TAILS);
};

const badEol: Twist = (draft, random) => {
  draft.eol = random.pick(['\n', '\r', '\r\r\n', '\n\r', '\r\n\n', '\r\n']);
};

const oneBadEol: Twist = (draft, random) => {
  const at = random.int(0, draft.lines.length - 1);
  draft.lines[at] =
    `${draft.lines[at]}${random.pick(['\n', '\r', '\x00', '\x0b', '\x7f'])}${draft.lines.splice(at + 1, 1)[0] ?? ''}`;
};

const huge: Twist = (draft, random) => {
  const lines = random.int(1, 130);
  const bytes = random.pick([1, 100, 17_000]);
  for (let i = 0; i < lines; i++) draft.lines.push(`X-H-${i}: ${'h'.repeat(i === 0 ? bytes : 1)}`);
};

const absolute: Twist = (draft, random) => {
  draft.target =
    random.pick(['http://fleet', 'HTTP://FLEET', 'http://fleet:80', 'http://other', 'http://']) + draft.target;
};

const twists: readonly Twist[] = [
  addCoding,
  addCoding,
  addLength,
  changeLength,
  badChunks,
  badChunks,
  badTail,
  badEol,
  oneBadEol,
  huge,
  absolute,
  (draft, random) => void (draft.version = random.pick(VERSIONS)),
  (draft, random) => void (draft.method = random.pick(METHODS)),
  (draft, random) => void (draft.target = random.pick(TARGETS)),
  (draft, random) => withLine(random.pick(EXTRA_LINES))(draft, random),
  (draft, random) => withLine(random.pick(EXTRA_LINES))(draft, random),
  (draft, random) => withLine(random.pick(HOSTS))(draft, random),
  (draft) => void draft.lines.splice(draft.lines.indexOf('Host: fleet'), 1),
];

export function twist(draft: Draft, random: Random): void {
  for (let i = random.int(1, 2); i > 0; i--) random.pick(twists)(draft, random);
}
