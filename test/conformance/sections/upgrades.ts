import { randomBytes } from 'node:crypto';
import { waitUntil } from '../../../shared/index.ts';
import type { Bench } from '../bench.ts';
import { ANY, type Case } from '../case.ts';
import { tellAnswer, tellEach } from '../tell.ts';
import type { Client } from '../wire/client.ts';
import { answer, type Request } from '../wire/target.ts';

const GO = 'HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
const GOING_AWAY = '\x88\x02\x03\xe9';

function handshake(more = ''): string {
  const upgrade = 'Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: x\nSec-WebSocket-Version: 13\n';
  return `GET /live HTTP/1.1\nHost: fleet\n${upgrade}${more}\n`;
}

/** Agrees to the upgrade, and says back whatever is said. */
function echo({ socket }: Request, more = ''): void {
  socket.write(`${GO}${more}\r\n`);
  socket.on('data', (chunk) => socket.write(chunk));
}

async function upgraded(bench: Bench, more = ''): Promise<Client> {
  const client = bench.connect();
  client.send(handshake(more));
  await client.until(({ interim, answers, end }) => interim.length + answers.length > 0 || end !== 'open');
  return client;
}

/** A text frame of a client, its mask zero. */
function frame(payload: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(payload.length));
  return Buffer.concat([Buffer.of(0x82, 0x80 | 127), length, Buffer.alloc(4), payload]);
}

/** Section E: connections that become something else. */
export const upgradeCases: readonly Case[] = [
  {
    number: 91,
    sends: 'a WebSocket handshake as the very first request',
    expects: '101, open; bytes both ways',
    forwarders: ANY,
    probe: async (bench) => {
      bench.target.atEnd = (request) => echo(request);
      const client = await upgraded(bench);
      client.send(frame(Buffer.from('ping')));
      const isBack = await client.until(({ text }) => text.includes('ping'));
      return `${tellAnswer(client.heard())}; ${isBack ? 'bytes both ways' : 'nothing back'}`;
    },
  },
  {
    number: 92,
    sends: 'Upgrade: tcp-tunnel on the path of a WebSocket',
    expects: '200, open; an ordinary request, the wish left out',
    probe: async (bench) => {
      const client = bench.connect();
      client.send('GET /live HTTP/1.1\nHost: fleet\nConnection: Upgrade\nUpgrade: tcp-tunnel\n\n');
      const told = tellAnswer(await client.hear());
      const isLeftOut =
        bench.target.requests.length === 1 && !/^(?:upgrade|connection: upgrade)/im.test(bench.target.text);
      return `${told}; ${isLeftOut ? 'an ordinary request, the wish left out' : 'the wish forwarded'}`;
    },
  },
  {
    number: 93,
    sends: 'a handshake that the application answers 401, with a body',
    expects: '401, its header and its body',
    forwarders: ANY,
    probe: async (bench) => {
      bench.target.atEnd = answer('HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic\nContent-Length: 2\n\nno');
      const client = bench.connect();
      client.send(handshake());
      const { text } = await client.hear();
      const [status = ''] = /(?<=^HTTP\/1\.1 )\d+/.exec(text) ?? [];
      return `${status}, ${/www-authenticate: basic/i.test(text) ? 'its header' : 'no header'} and ${text.endsWith('\r\n\r\nno') ? 'its body' : 'another body'}`;
    },
  },
  {
    number: 94,
    sends: 'a handshake for an application that is not there',
    expects: '502, closed',
    forwarders: ANY,
    probe: async (bench) => {
      await bench.target.close();
      const client = bench.connect();
      client.send(handshake());
      return tellAnswer(await client.hear());
    },
  },
  {
    number: 95,
    sends: 'a subprotocol, a frame of 1 MiB and Close with 4001',
    expects: 'subprotocol both ways; every byte as it was; 4001',
    forwarders: ANY,
    probe: async (bench) => {
      bench.target.atEnd = (request) => echo(request, 'Sec-WebSocket-Protocol: fleet.v2\r\n');
      const client = await upgraded(bench, 'Sec-WebSocket-Protocol: fleet.v2\n');
      const isAsked = /^sec-websocket-protocol: fleet\.v2\r$/im.test(bench.target.text);
      const isTold = /^sec-websocket-protocol: fleet\.v2\r$/im.test(client.heard().text);
      const [big, close] = [frame(randomBytes(1 << 20)), Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x0f, 0xa1])];
      client.send(Buffer.concat([big, close]));
      const said = Buffer.concat([big, close]).toString('latin1');
      const isSame = await client.until(({ text }) => text.endsWith(said));
      const subprotocol = isAsked && isTold ? 'subprotocol both ways' : 'subprotocol lost';
      return `${subprotocol}; ${isSame ? 'every byte as it was; 4001' : 'bytes lost'}`;
    },
  },
  {
    number: 96,
    sends: 'a reset by the application, and one by the client, in an open WebSocket',
    expects: 'the other side is told',
    forwarders: ANY,
    probe: (bench) => tellEach(bench, { application: 'application', client: 'client' }, resetBy),
  },
  {
    number: 97,
    sends: 'a handshake of a foreign page and of an allowed one; silence; then the edge leaves',
    expects: 'foreign 403 | allowed 101, pinged, then 1001',
    isOfEdge: true,
    forwarders: ANY,
    edge: { webSocketOrigins: ['https://shop.example'], limits: { webSocketIdleMs: 80, drainMs: 1000, lingerMs: 50 } },
    probe: async (bench) => {
      bench.target.atEnd = ({ socket }) => void socket.write(`${GO}\r\n`);
      const foreign = bench.connect();
      foreign.send(handshake('Origin: https://evil.example\n'));
      const refused = (await foreign.hear()).answers[0]?.status;
      const client = await upgraded(bench, 'Origin: https://shop.example\n');
      const isPinged = await client.until(({ text }) => text.includes('\x89\x00'), 2000);
      const status = client.heard().interim[0]?.status;
      const closed = bench.world().edge.close();
      const isTold = await client.until(({ text }) => text.includes(GOING_AWAY), 2000);
      await closed;
      return `foreign ${refused} | allowed ${status}, ${isPinged ? 'pinged' : 'not pinged'}, then ${isTold ? '1001' : 'nothing'}`;
    },
  },
  {
    number: 98,
    sends: 'fragments, invalid UTF-8 and a reserved bit',
    expects: 'every byte as it was',
    forwarders: ANY,
    probe: async (bench) => {
      bench.target.atEnd = (request) => echo(request);
      const client = await upgraded(bench);
      // The two parts of a text, one that is no UTF-8, a reserved bit; each masked with zeros.
      const frames = ['0182000000006162', '80810000000063', '818200000000c328', 'c1810000000064'];
      const odd = Buffer.from(frames.join(''), 'hex');
      client.send(odd);
      const isSame = await client.until(({ text }) => text.endsWith(odd.toString('latin1')), 2000);
      return isSame ? 'every byte as it was' : 'bytes changed';
    },
  },
];

async function resetBy(bench: Bench, who: string): Promise<string> {
  bench.target.atEnd = (request) => echo(request);
  const before = bench.target.closed;
  const client = await upgraded(bench);
  if (who === 'client') client.reset();
  else bench.target.sockets.at(-1)?.resetAndDestroy();
  const isTold =
    who === 'client'
      ? await waitUntil(() => bench.target.closed > before, { budgetMs: 2000 })
      : await client.until(({ end }) => end !== 'open', 2000);
  return isTold ? 'the other side is told' : 'nobody is told';
}
