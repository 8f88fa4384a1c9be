import { describe, expect, it } from '@jest/globals';
import { MemoryRateStore } from './memory-rate-store.ts';
import { RateGate, type Counted } from './rate-gate.ts';
import { parseRate, type RateRule } from './rate-rule.ts';

const PER_SUBJECT: RateRule = { per: 'subject', requests: 2, seconds: 60 };
const PER_ADDRESS: RateRule = { per: 'address', requests: 3, seconds: 10 };
const PER_ROUTE: RateRule = { per: 'route', requests: 4, seconds: 1 };

describe('a gate of rates', () => {
  it('tells the client its limits and what is left of them', async () => {
    const gate = gateOf([PER_ADDRESS], [PER_SUBJECT, PER_ROUTE]);
    const { headers, problem } = await gate.admit(from('192.0.2.1', '7'));
    expect(problem).toBeUndefined();
    expect(headers).toEqual([
      'RateLimit-Policy',
      '"address";q=3;w=10, "route-subject";q=2;w=60, "route";q=4;w=1',
      'RateLimit',
      '"address";r=2;t=10, "route-subject";r=1;t=60, "route";r=3;t=1',
    ]);
  });

  it('refuses with 429 and says when to come again, by the rule that lasts longest', async () => {
    const gate = gateOf([PER_ADDRESS], [PER_SUBJECT]);
    for (let i = 0; i < 3; i++) await gate.admit(from('192.0.2.1', '7'));
    const { problem, headers } = await gate.admit(from('192.0.2.1', '7'));
    expect(problem).toMatchObject({ status: 429, code: 'too-many-requests', retryAfterS: 60 });
    expect(headers.at(-1)).toContain('"address";r=0;t=10, "route-subject";r=0;t=60');
  });

  it('does not count for a subject what belongs to nobody', async () => {
    const gate = gateOf([PER_SUBJECT], []);
    for (let i = 0; i < 5; i++)
      expect(await gate.admit(from('192.0.2.1', undefined))).toEqual({ headers: [], problem: undefined });
  });

  it.each([
    ['another address of IPv4', '192.0.2.1', '192.0.2.2', false],
    ['another address of the same /64', '2001:db8:0:1::1', '2001:db8:0:1:ffff::2', true],
    ['the same /64 written otherwise', '2001:db8::1', '2001:db8:0:0:1::2', true],
    ['another /64', '2001:db8:0:1::1', '2001:db8:0:2::1', false],
  ])('counts %s: %s and %s together? %s', async (_, one, other, together) => {
    const gate = gateOf([PER_ADDRESS], []);
    for (let i = 0; i < 3; i++) await gate.admit(from(one, undefined));
    expect((await gate.admit(from(other, undefined))).problem !== undefined).toBe(together);
  });

  it('shares the counts of all requests between routes, and not those of one route', async () => {
    const store = new MemoryRateStore();
    const first = new RateGate([PER_SUBJECT], [PER_ROUTE], 'GET /a', store);
    const second = new RateGate([PER_SUBJECT], [PER_ROUTE], 'GET /b', store);
    await first.admit(from('192.0.2.1', '7'));
    const { headers } = await second.admit(from('192.0.2.1', '7'));
    expect(headers.at(-1)).toBe('"subject";r=0;t=60, "route";r=3;t=1');
  });
});

describe('a rate', () => {
  it('is so many requests in so many seconds, and nothing else', () => {
    expect(parseRate('600/60')).toEqual({ requests: 600, seconds: 60 });
    for (const text of ['', '600', '0/60', '600/0', '-1/60', '1.5/60', '600/60s', '600 / 60'])
      expect(parseRate(text)).toBeUndefined();
  });
});

function gateOf(everywhere: readonly RateRule[], ofRoute: readonly RateRule[]): RateGate {
  return new RateGate(everywhere, ofRoute, 'GET /api/trips/{id}', new MemoryRateStore());
}

function from(address: string, subject: string | undefined): Counted {
  return { subject, address: () => address };
}
