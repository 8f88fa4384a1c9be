import { describe, expect, it } from '@jest/globals';
import { entityOf, entitySegment } from './entity.ts';

describe('the entity a path names', () => {
  it.each([
    ['/api/trips/{id}', undefined, '/api/trips/4711', 'trip/4711'],
    ['/api/trips/{id}', undefined, '/api/trips/4711/', 'trip/4711'],
    ['/api/trips/{id}/cancel', undefined, '/api/trips/AbC/cancel', 'trip/abc'],
    ['/api/users/{user}/trips/{trip}', undefined, '/api/users/7/trips/9', 'trip/9'],
    ['/api/trips/{trip}/stops/{stop}', 'trip', '/api/trips/9/stops/2', 'trip/9'],
    ['/api/trips', undefined, '/api/trips', undefined],
  ])('of %s with id %s, in %s, is %s', (path, id, requested, expected) => {
    const entityAt = entitySegment({ kind: 'api', path, ...(id && { id }) });
    expect(entityOf({ entity: 'trip', entityAt }, requested)).toBe(expected);
  });

  it('is none on a dependent route, whose parameters name something else', () => {
    expect(entitySegment({ kind: 'dependent', path: '/api/vehicles/{id}' })).toBe(-1);
  });
});
