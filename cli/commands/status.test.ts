import { describe, expect, it } from '@jest/globals';
import type { Measurements } from '../../cutover/index.ts';
import { statusTable } from './status.ts';

const RECORD = {
  unit: 'trips',
  stage: { name: 'canary', rung: 1 },
  owner: 'legacy',
  epoch: 3,
  planDigest: '',
  changedAt: '',
  changedBy: '',
} as const;

describe('the status of a unit', () => {
  it.each<[string, Measurements]>([
    ['unknown', {}],
    ['2 of 2', { service: { endpoints: 2, usable: 2, brokenRoutes: 0 } }],
    ['1 of 3, 4 routes broken', { service: { endpoints: 3, usable: 1, brokenRoutes: 4 } }],
  ])('says of its endpoints: %s', (said, measured) => {
    const [head = '', line = ''] = statusTable([{ record: RECORD, measured }]).split('\n');
    expect(line.slice(head.indexOf('ENDPOINTS'), head.indexOf('REVERSE')).trim()).toBe(said);
  });
});
