import { connect } from 'node:net';
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
