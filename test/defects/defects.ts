import { FAILURES } from './read-defects.ts';
import { RECEIPT } from './write-defects.ts';

const COMPLETE = 'POST /api/trips/{id}/complete';

/** Mistakes as they are made in a copy of the trips service, and where a run has to name each: route, class and place. */
export const SEEDED: Readonly<Record<string, string>> = {
  'wrong rounding': 'GET /api/trips/{id}: value $.fare',
  'a missing field': 'GET /api/trips: missing $.trips[*].note',
  'a page that begins one later': 'GET /api/trips: cardinality $.trips',
  'the wrong order': 'GET /api/tracking/{tripId}: order $.points',
  'another time zone': 'GET /api/tracking/{tripId}/last: value $.recordedAt',
  'a stale cache': 'GET /api/trips: value $.trips[*].updatedAt',
  [FAILURES]: 'GET /api/trips: status-class status',
  'a lost secondary write': `${COMPLETE}: missing-row trip_fare`,
  'a duplicate notification': `${COMPLETE}: duplicate-call POST ${RECEIPT}`,
};
