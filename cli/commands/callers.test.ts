import { expect, it } from '@jest/globals';
import { callersText } from './callers.ts';

const AT = '2026-11-21T02:00:00.123000Z';
const write = { table: 'trips', transactions: 3, firstSeen: AT, lastSeen: '2026-11-21T02:10:00.000000Z' };

it('lists who wrote behind the back, and says what is not known', () => {
  const text = callersText('trips', {
    writes: [
      { ...write, users: ['cron@10.0.0.7'] },
      { ...write, users: ['a@b', 'c@d'] },
      { ...write, users: [] },
    ],
    since: AT,
    lookedAt: AT,
    unsure: 2,
    openPercent: 97,
  });
  expect(text.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | ').trim())).toEqual([
    'TABLE | TRANSACTIONS | FIRST | LAST | DATABASE USER',
    'trips | 3 | 2026-11-21T02:00:00Z | 2026-11-21T02:10:00Z | cron@10.0.0.7',
    'trips | 3 | 2026-11-21T02:00:00Z | 2026-11-21T02:10:00Z | one of a@b, c@d',
    'trips | 3 | 2026-11-21T02:00:00Z | 2026-11-21T02:10:00Z | unknown',
    'watched since 2026-11-21T02:00:00Z, last at 2026-11-21T02:00:00Z',
    'in 3 % of that time writes through an edge hid others',
    '2 transactions were read too late to be told apart',
  ]);
});

it('never calls nothing found what nobody looked for', () =>
  expect(callersText('trips', { writes: [], unsure: 0, openPercent: null })).toMatch(/nobody has looked yet/));
