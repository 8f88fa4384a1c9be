import { describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { changedParts } from './changed-parts.ts';
import type { ConfigurationFile } from './configuration-file.ts';
import { parseDeclaration, type Declaration } from './declaration.ts';
import { fixedDigestOf, lostRoutes, restartsNeeded } from './restart-rules.ts';

describe('a declaration', () => {
  it('is read from the files as they are written, without the databases where nobody asks for them', () => {
    const { units, edge } = parsed(plan(), { breaker: { openMs: 1000 } });
    expect(units[0]?.plan.service).toMatchObject({ url: 'http://trips', database: '${TRIPS_DATABASE_URL}' });
    expect(edge).toEqual({ legacy: {}, targetHosts: [], breaker: { openMs: 1000 } });
  });

  it('says every problem of every file at once', () => {
    const files = [
      file('trips/plan.yaml', { ...plan(), colour: 1 }),
      file('edge.yaml', { breaker: { openMs: 'soon' } }),
    ];
    expect(() => parseDeclaration(files, {})).toThrow(
      /TRIPS_URL is empty[\s\S]*trips\/plan\.yaml: the whole is holding unknown keys colour[\s\S]*edge\.yaml: breaker\.openMs is "soon"/,
    );
  });

  it.each<[string, object]>([
    ['a list', { from: 'list', urls: ['http://a', 'http://b'] }],
    ['a name server', { from: 'dns', everyMs: 1000 }],
    ['an SRV name', { from: 'srv', name: '_http._tcp.trips', servers: ['127.0.0.1:8600'] }],
    ['a file', { from: 'file', path: 'trips.json' }],
    ['registration', { from: 'registration' }],
  ])('lets a service have its endpoints from %s', (_, endpoints) => {
    const { units } = parsed(plan({ service: { ...plan().service, endpoints } }));
    expect(units[0]?.plan.service.endpoints).toEqual(endpoints);
  });

  it('refuses a service where no target may be, or not among the hosts that are named', () => {
    const at = (url: string): object => plan({ service: { ...plan().service, url } });
    expect(() => parsed(at('http://169.254.169.254'))).toThrow(
      'address "http://169.254.169.254" of the service of trips is at 169.254.169.254, where no target may be',
    );
    expect(() => parsed(at('http://10.0.0.4'), { targetHosts: ['192.168.0.0/16'] })).toThrow(
      'targetHosts in edge.yaml',
    );
    expect(() => parsed(at('http://10.0.0.4'), { targetHosts: ['10.0.0.0/33'] })).toThrow('allowed host "10.0.0.0/33"');
  });

  it('refuses endpoints from elsewhere', () => {
    expect(() => parsed(plan({ service: { ...plan().service, endpoints: { from: 'heaven' } } }))).toThrow(
      'service.endpoints',
    );
  });
});

describe('a reload', () => {
  it('can change routes, targets, limits and what only people read', () => {
    const after = plan({
      apis: [api('GET', '/api/trips'), api('GET', '/api/trips/{id}')],
      limits: [{ method: 'GET', path: '/api/trips', deadlineMs: 100 }],
      service: { ...plan().service, url: 'http://trips.internal', endpoints: { from: 'dns' } },
      owner: { team: 'others', contact: 'x' },
    });
    expect(restartsNeeded(parsed(plan()), parsed(after, { targetHosts: ['*.internal'] }))).toEqual([]);
    expect(fixedDigestOf(parsed(plan()).units[0]!.plan)).toBe(fixedDigestOf(parsed(after).units[0]!.plan));
    expect(changedParts(parsed(plan()), parsed(after, { targetHosts: ['*.internal'] }))).toEqual([
      'edge: targetHosts.0',
      'trips: apis.GET /api/trips/{id}.access',
      'trips: apis.GET /api/trips/{id}.entity',
      'trips: apis.GET /api/trips/{id}.method',
      'trips: apis.GET /api/trips/{id}.path',
      'trips: limits.GET /api/trips.deadlineMs',
      'trips: limits.GET /api/trips.method',
      'trips: limits.GET /api/trips.path',
      'trips: owner.contact',
      'trips: owner.team',
      'trips: service.endpoints.from',
      'trips: service.url',
    ]);
  });

  it.each<[string, object, string]>([
    ['the salt', { rollout: { salt: 'other', ladder: [{ percent: 1 }] } }, 'trips: rollout'],
    ['the ladder', { rollout: { salt: 's', ladder: [{ percent: 2 }] } }, 'trips: rollout'],
    ['a gate', { gates: { ...plan().gates, lag: { maxMs: 7 } } }, 'trips: gates'],
    [
      'a table',
      { dataOwnership: { ...plan().dataOwnership, legacy: { schema: 'fleet', tables: ['a'] } } },
      'trips: dataOwnership',
    ],
    ['a database', { service: { ...plan().service, database: 'mysql://x/y' } }, 'trips: service'],
  ])('cannot change %s', (_, change, subject) => {
    const [before, after] = [parsed(plan()), parsed(plan(change))];
    expect(restartsNeeded(before, after).map((problem) => problem.subject)).toEqual([subject]);
  });

  it('cannot bring or take a unit', () => {
    const [one, both] = [parsed(plan()), parsed(plan(), {}, plan({ unit: 'routes', ...elsewhere() }))];
    expect(restartsNeeded(one, both).map(({ subject, value }) => `${subject} ${value}`)).toEqual(['routes new']);
    expect(restartsNeeded(both, one).map(({ subject, value }) => `${subject} ${value}`)).toEqual(['routes gone']);
  });

  it('cannot take a route from a unit whose service owns the rows', () => {
    const [before, after] = [parsed(plan()), parsed(plan({ apis: [api('GET', '/api/rides')] }))];
    expect(lostRoutes(before, after, () => ({ owner: 'legacy' }))).toEqual([]);
    expect(lostRoutes(before, after, () => ({ owner: 'service' })).map(({ subject }) => subject)).toEqual([
      'trips: GET /api/trips',
    ]);
  });
});

function parsed(trips: object, edge: object = {}, ...more: object[]): Declaration {
  const plans = [trips, ...more].map((one, i) => file(`${i}/plan.yaml`, one));
  return parseDeclaration([...plans, file('edge.yaml', edge)], { TRIPS_URL: 'http://trips' }, { withDatabases: false });
}

function file(name: string, content: object): ConfigurationFile {
  return { name, text: stringify(content) };
}

function plan(changes: object = {}) {
  return {
    unit: 'trips',
    owner: { team: 'rides', contact: 'rides@example.test' },
    responsibilities: ['trips'],
    dataOwnership: { legacy: { schema: 'fleet', tables: ['trips'] }, service: { schema: 'trips', tables: ['trip'] } },
    apis: [api('GET', '/api/trips')],
    service: { name: 'trips', url: '${TRIPS_URL}', database: '${TRIPS_DATABASE_URL}' },
    rollout: { salt: 's', ladder: [{ percent: 1 }] },
    gates: { lag: { maxMs: 1000 }, verification: { maxAgeMinutes: 30 }, shadow: { maxMismatchPercent: 1 } },
    ...changes,
  };
}

function api(method: string, path: string): object {
  return { method, path, access: 'read', entity: 'trip' };
}

function elsewhere(): object {
  return {
    apis: [api('GET', '/api/routes')],
    dataOwnership: {
      legacy: { schema: 'fleet', tables: ['routes'] },
      service: { schema: 'routes', tables: ['route'] },
    },
    service: { name: 'routes', url: '${TRIPS_URL}', database: 'mysql://db/routes' },
  };
}
