import { describe, expect, it } from '@jest/globals';
import { readSettings, silentLog } from '../shared/index.ts';
import { answersOf, rulesOfAnswers } from './answers.ts';
import { gatewaySettings } from './gateway-settings.ts';
import { gatewayOf, limitsOf } from './gateway.ts';
import { accessSettings, traceSettings } from './watch-settings.ts';
import { accessLogOf, startTracing } from './watch.ts';
import { OpenParts } from './open-parts.ts';

type Limits = Parameters<typeof limitsOf>[0];

const session = { way: 'session', cookie: 'fleet_session', format: 'opaque' } as const;

function gateway(env: Record<string, string> = {}) {
  return readSettings(gatewaySettings, env);
}

function access(env: Record<string, string>) {
  return accessLogOf(readSettings(accessSettings, env));
}

describe('what the settings say of requests', () => {
  it('is nothing unless something is set', () => {
    expect(gatewayOf(gateway())).toEqual({ trustedProxies: [], limits: {}, rates: [] });
    expect(access({})).toBeUndefined();
  });

  it('is limits, rates and trust', () => {
    const settings = gateway({
      BANYAN_TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8',
      BANYAN_MAX_BODY_BYTES: '1000',
      BANYAN_RATE_PER_SUBJECT: '600/60',
      BANYAN_RATE_PER_ADDRESS: '1200/60',
      BANYAN_RATE_DATABASE_URL: 'mysql://db',
    });
    expect(gatewayOf(settings)).toEqual({
      trustedProxies: ['10.0.0.0/8', 'fd00::/8'],
      limits: { maxBodyBytes: 1000 },
      rates: [
        { per: 'subject', requests: 600, seconds: 60 },
        { per: 'address', requests: 1200, seconds: 60 },
      ],
      rateDatabaseUrl: 'mysql://db',
    });
  });

  it.each(['600', '600/0', 'many'])('refuses the rate "%s"', (rate) => {
    expect(() => gateway({ BANYAN_RATE_PER_SUBJECT: rate })).toThrow(`BANYAN_RATE_PER_SUBJECT is "${rate}"`);
  });

  it.each([
    ['stdout', 1],
    ['stderr', 2],
    ['/var/log/access.log', '/var/log/access.log'],
  ])('writes the access log to %s', (name, to) => {
    const env = { BANYAN_ACCESS_LOG: name, BANYAN_ACCESS_LOG_FIELDS: 'address, path', BANYAN_ACCESS_LOG_SAMPLE: '0.1' };
    expect(access(env)).toEqual({ to, sample: 0.1, fields: ['address', 'path'] });
  });

  it('traces nothing unless a receiver is named', async () => {
    const open = await OpenParts.with((parts) => Promise.resolve(parts));
    const settings = readSettings(traceSettings, {});
    expect(await startTracing(settings, 'banyan', silentLog, open)).toBeUndefined();
  });
});

describe('what the settings and plans say of answers', () => {
  const plan = { unit: 'trips', service: { answers: { origins: ['http://trips.internal'] } } };

  it('is that the session cookie is legacy’s, and nothing else', () => {
    expect(answersOf(gateway(), { ways: [session] })).toEqual({ cookieOwners: { fleet_session: 'legacy' } });
    expect(rulesOfAnswers(gateway(), [])).toEqual({});
  });

  it('names addresses and cookies of each side', () => {
    const settings = gateway({
      BANYAN_REFERENCES: 'rewrite',
      LEGACY_ORIGINS: 'http://legacy.internal:8080',
      LEGACY_COOKIE_DOMAINS: 'legacy.internal=fleet.example',
      BANYAN_COOKIE_OWNERS: 'cart=trips, fleet_session=trips',
    });
    const plans = [plan] as unknown as Parameters<typeof rulesOfAnswers>[1];
    expect(rulesOfAnswers(settings, plans)).toEqual({
      legacy: {
        origins: ['http://legacy.internal:8080'],
        cookieDomains: { 'legacy.internal': 'fleet.example' },
        cookiePaths: {},
      },
      trips: { origins: ['http://trips.internal'] },
    });
    expect(answersOf(settings, { ways: [session] })).toEqual({
      references: 'rewrite',
      cookieOwners: { fleet_session: 'trips', cart: 'trips' },
    });
  });
});

describe('what a plan says of a route', () => {
  const rates = [{ per: 'subject', requests: 1, seconds: 60 }];
  const plan = { limits: [{ method: 'POST', path: '/a', maxBodyBytes: 10, rates }] } as unknown as Limits;

  it('is what stands under its method and path', () => {
    expect(limitsOf(plan, { method: 'POST', path: '/a' })).toEqual({ maxBodyBytes: 10, rates });
    expect(limitsOf(plan, { method: 'GET', path: '/a' })).toEqual({});
  });
});
