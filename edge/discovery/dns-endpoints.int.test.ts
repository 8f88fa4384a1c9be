import { afterEach, describe, expect, it } from '@jest/globals';
import { silentLog, waitUntil } from '../../shared/index.ts';
import { ManualClock } from '../testing/manual-clock.fixture.ts';
import { openNameServer, type NameServer, type Zone } from '../testing/name-server.fixture.ts';
import { HostAllowList } from '../targets/host-allow-list.ts';
import { DnsEndpoints } from './dns-endpoints.ts';
import { RepeatedLook } from './repeated-look.ts';

let server: NameServer;
afterEach(() => server.close());

describe('endpoints from a name server', () => {
  it('are every A and AAAA record of the host, at the port of the URL, for as long as the shortest one lives', async () => {
    const dns = await opened({ 'trips.test': { a: ['10.0.0.4', '10.0.0.5'], aaaa: ['fd00::7'], ttl: 3 } });
    expect(await dns.ofHost('http://trips.test:8081')).toEqual({
      addresses: ['http://10.0.0.4:8081', 'http://10.0.0.5:8081', 'http://[fd00::7]:8081'].map((url) => ({
        url,
        weight: 1,
      })),
      forMs: 3000,
    });
  });

  it.each([
    [0, 1000],
    [86_400, 5000],
  ])('with a time to live of %d s are asked for again after %d ms', async (ttl, forMs) => {
    const dns = await opened({ 'trips.test': { a: ['10.0.0.4'], ttl } });
    expect(await dns.ofHost('http://trips.test')).toEqual({
      addresses: [{ url: 'http://10.0.0.4', weight: 1 }],
      forMs,
    });
  });

  it('of an SRV name are those of the best priority, with their ports and weights', async () => {
    const dns = await opened({
      '_http._tcp.trips.test': {
        srv: [
          [10, 3, 8081, 'a.test'],
          [10, 0, 8082, 'b.test'],
          [20, 9, 8083, 'c.test'],
        ],
      },
      'a.test': { a: ['10.0.0.4'] },
      'b.test': { a: ['10.0.0.5'] },
      'c.test': { a: ['10.0.0.6'] },
    });
    const { addresses } = await dns.ofService('_http._tcp.trips.test', 'http://trips.test');
    expect(addresses).toEqual([
      { url: 'http://10.0.0.4:8081', weight: 3 },
      { url: 'http://10.0.0.5:8082', weight: 1 },
    ]);
  });

  it('are never at an address where no target may be', async () => {
    const dns = await opened({
      'trips.test': { a: ['169.254.169.254', '10.0.0.4'] },
      'meta.test': { a: ['169.254.169.254'] },
    });
    expect((await dns.ofHost('http://trips.test')).addresses).toEqual([{ url: 'http://10.0.0.4', weight: 1 }]);
    await expect(dns.ofHost('http://meta.test')).rejects.toThrow(
      'meta.test is at 169.254.169.254, where no target may be',
    );
  });

  it('may be names of the machine’s own', async () => {
    const dns = await opened({});
    const { addresses, forMs } = await dns.ofHost('http://localhost:8081');
    expect(addresses.map(({ url }) => url)).toContain('http://127.0.0.1:8081');
    expect(forMs).toBe(5000);
  });

  it('follow the records, and stay as they were while nobody answers', async () => {
    const dns = await opened({ 'trips.test': { a: ['10.0.0.4'], ttl: 2 } });
    const clock = new ManualClock();
    const told: string[] = [];
    const look = new RepeatedLook({
      name: 'trips',
      look: () => dns.ofHost('http://trips.test'),
      clock,
      log: silentLog,
    });
    look.start((addresses) => told.push(addresses.map(({ url }) => url).join(' ')));
    const after = async (ms: number, count: number): Promise<void> => {
      await clock.advance(ms);
      expect(await waitUntil(() => told.length === count, { budgetMs: 20_000 })).toBe(true);
    };
    await after(0, 1);
    server.zone['trips.test'] = { a: ['10.0.0.5'], ttl: 2 };
    await clock.advance(1999);
    await after(1, 2);
    delete server.zone['trips.test'];
    const asked = server.asked.length;
    await clock.advance(2000);
    expect(await waitUntil(() => server.asked.length > asked, { budgetMs: 20_000 })).toBe(true);
    server.zone['trips.test'] = { a: ['10.0.0.6'], ttl: 2 };
    expect(await waitUntil(async () => (await clock.advance(200), told.length === 3), { budgetMs: 20_000 })).toBe(true);
    expect(told).toEqual(['http://10.0.0.4', 'http://10.0.0.5', 'http://10.0.0.6']);
    await look.stop();
  });
});

async function opened(zone: Zone): Promise<DnsEndpoints> {
  server = await openNameServer(zone);
  return new DnsEndpoints({ servers: [server.address], everyMs: 5000 }, new HostAllowList());
}
