import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWorld } from '../../../edge/testing/edge.fixture.ts';
import { ANY, type Case } from '../case.ts';
import { RawTarget } from '../wire/target.ts';

/** Section E: IPv6 on both sides. */
export const addressCases: readonly Case[] = [
  {
    number: 105,
    sends: 'a request to an edge at [::1], its application at [::1] as well',
    expects: '200 ok',
    isOfEdge: true,
    forwarders: ANY,
    probe: async () => overIpv6((text) => /^HTTP\/1\.1 (\d+)/.exec(text)?.[1] + (text.endsWith('ok') ? ' ok' : '')),
  },
  {
    number: 106,
    sends: 'a request of an IPv6 client',
    expects: 'X-Forwarded-For: ::1',
    isOfEdge: true,
    forwarders: ANY,
    probe: async () => overIpv6((_text, raw) => /^X-Forwarded-For: .*$/m.exec(raw)?.[0].trim() ?? 'no address'),
  },
  {
    number: 107,
    sends: 'a request to an application at a Unix socket',
    expects: '200 through the socket',
    isOfEdge: true,
    forwarders: ANY,
    probe: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'socket-'));
      const server = createServer((_request, response) => response.end('through the socket'));
      await new Promise<void>((resolve) => server.listen(join(folder, 'app.sock'), resolve));
      const world = await openWorld({ legacy: `unix:${join(folder, 'app.sock')}` });
      try {
        const heard = await world.get('/');
        return `${heard.status} ${await heard.text()}`;
      } finally {
        await world.close();
        server.close();
        await rm(folder, { recursive: true });
      }
    },
  },
];

async function overIpv6(tell: (heard: string, forwarded: string) => string): Promise<string> {
  const target = await new RawTarget().listen(0, '::1');
  const world = await openWorld({ legacy: `http://[::1]:${target.port}` }, '::1');
  try {
    const socket = connect(world.port, '::1');
    socket.write('GET / HTTP/1.1\r\nHost: fleet\r\nConnection: close\r\n\r\n');
    let heard = '';
    for await (const part of socket) heard += String(part);
    return tell(heard, target.text);
  } finally {
    await world.close();
    await target.close();
  }
}
