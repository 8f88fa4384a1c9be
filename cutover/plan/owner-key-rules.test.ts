import { describe, expect, it } from '@jest/globals';
import { checkOwnerKey } from './owner-key-rules.ts';
import { planSchema, type Plan } from './plan.ts';

const apis = [
  { method: 'GET', path: '/trips', access: 'read', entity: 'trip' },
  { method: 'POST', path: '/trips', access: 'write', entity: 'trip', rowsOf: 'subject' },
];
const ownerKey = {
  legacy: { trips: { column: 'user_id' }, points: { column: 'trip_id', of: 'trips.id' } },
  service: { trip: { column: 'rider_id' } },
};

function plan(changes: object = {}): Plan {
  return planSchema.parse({
    unit: 'trips',
    owner: { team: 'rides', contact: 'rides@example.test' },
    responsibilities: ['trips'],
    dataOwnership: {
      legacy: { schema: 'fleet', tables: ['trips', 'points'] },
      service: { schema: 'trips', tables: ['trip'] },
    },
    ownerKey,
    apis,
    service: { name: 'trips', url: 'http://s', database: 'mysql://db/trips' },
    rollout: { salt: 's', ladder: [{ percent: 1 }] },
    gates: { lag: { maxMs: 1000 }, verification: { maxAgeMinutes: 30 }, shadow: { maxMismatchPercent: 1 } },
    ...changes,
  });
}

const problems = (changes?: object): string[] =>
  checkOwnerKey('f', plan(changes)).map(({ subject, value }) => `${subject} ${value}`);

describe('checkOwnerKey', () => {
  it('accepts a unit of which every row belongs to one subject', () => {
    expect(problems()).toEqual([]);
  });

  it('refuses routes that write rows of several owners, of nobody, or do not say whose', () => {
    const write = { method: 'POST', path: '/trips', access: 'write', entity: 'trip' };
    const mixed = [
      { ...write, path: '/trips/merge', rowsOf: 'several' },
      { ...write, path: '/trips/purge', rowsOf: 'nobody' },
      { ...write, path: '/trips/{id}' },
    ];
    expect(problems({ apis: [...apis, ...mixed] })).toEqual([
      'f: POST /trips/merge writes rows of several owners',
      'f: POST /trips/purge writes rows that nobody owns',
      'f: POST /trips/{id} does not say whose rows it writes',
    ]);
  });

  it('refuses tables whose rows nobody owns, and keys of tables that are not of the side', () => {
    const service = { trips: { column: 'user_id' } };
    expect(problems({ ownerKey: { ...ownerKey, service } })).toEqual([
      'f: ownerKey.service.trip not there: nobody owns its rows',
      'f: ownerKey.service.trips no table of the side',
    ]);
  });

  it('refuses a reference to a table that has no owner key in its own rows', () => {
    const legacy = { trips: { column: 'point_id', of: 'points.id' }, points: { column: 'trip_id', of: 'trips.id' } };
    expect(problems({ ownerKey: { ...ownerKey, legacy } })).toEqual([
      'f: ownerKey.legacy.trips of points.id',
      'f: ownerKey.legacy.points of trips.id',
    ]);
  });

  it('refuses rowsOf where it means nothing', () => {
    const { ownerKey: _, ...keyless } = plan();
    expect(checkOwnerKey('f', keyless).map(({ subject, value }) => `${subject} ${value}`)).toEqual([
      'f: POST /trips rowsOf with no ownerKey',
    ]);
    expect(problems({ apis: [{ ...apis[0], rowsOf: 'subject' }] })).toEqual(['f: GET /trips rowsOf with a read']);
  });
});
