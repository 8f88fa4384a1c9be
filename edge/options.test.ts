import { describe, expect, it } from '@jest/globals';
import { checkOptions, type EdgeOptions } from './options.ts';

describe('the options of the edge', () => {
  it('are refused where values are kept and nothing seals them', () => {
    const keep = { paths: ['$.fare'], hours: 1, owner: 'rides', reason: 'rounding' };
    const comparison = { trips: { keep } };
    expect(() => checkOptions(given({ comparison }))).toThrow('trips keeps values and nothing seals them');
    expect(() => checkOptions(given({ comparison, shadowKey: 'k'.repeat(32) }))).not.toThrow();
  });

  it('are refused with every unit that lacks an address or a salt, all at once', () => {
    expect(() => checkOptions(given({ services: {}, salts: {} }))).toThrow(
      'trips has no service address; trips has no salt',
    );
  });

  it('are refused with an empty secret', () => {
    expect(() => checkOptions(given({ identityKey: '' }))).toThrow('the identity key is empty');
  });

  it('are refused with every target that is where none may be', () => {
    const services = {
      trips: { url: 'http://a', endpoints: { from: 'list', urls: ['http://169.254.169.254'] } },
    } as const;
    expect(() => checkOptions(given({ services, legacy: 'localhost' }))).toThrow(
      'address "http://169.254.169.254" of trips is at 169.254.169.254, where no target may be; address "localhost" of legacy is not a URL',
    );
  });

  it('are refused with every trusted proxy that is no address', () => {
    const trustedProxies = ['10.0.0.0/8', 'proxy.internal', '10.0.0.0/33'];
    expect(() => checkOptions(given({ trustedProxies }))).toThrow(
      '"proxy.internal", "10.0.0.0/33"; expected addresses',
    );
  });

  it('are taken when complete', () => {
    expect(() => checkOptions(given({}))).not.toThrow();
  });
});

function given(changes: Partial<EdgeOptions>): EdgeOptions {
  const route = { unit: 'trips', kind: 'api', method: 'GET', path: '/api/trips', access: 'read', entity: 'trip' };
  return {
    routes: [route],
    legacy: 'http://127.0.0.1:1',
    services: { trips: 'http://127.0.0.1:2' },
    salts: { trips: 'trips-2026' },
    subject: { ways: [{ way: 'session', cookie: 'fleet_session', format: 'signed-user-id', secret: 's' }] },
    identityKey: 'k',
    ...changes,
  } as unknown as EdgeOptions;
}
