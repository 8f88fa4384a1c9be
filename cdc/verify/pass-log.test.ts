import { expect, it } from '@jest/globals';
import type { Mismatch } from './mismatch.ts';
import { PassLog, summarise } from './pass-log.ts';

function wrong(id: number): Mismatch {
  return { kind: 'different', table: 't', key: { id }, columns: [] };
}

/** Ten chunks of a hundred rows, one a second from `startMs` on. */
function pass(chunks: number, startMs: number): PassLog {
  const log = new PassLog();
  for (let i = 0; i < chunks; i++) log.walk(100, startMs + i * 1_000);
  return log;
}

it('covers part of the rows in the first pass and all of them from then on', () => {
  expect(summarise(pass(4, 0), undefined, 1_000, 4_000)).toMatchObject({ coverage: 40, oldestAgeMs: 4_000 });
  expect(summarise(pass(4, 10_000), pass(10, 0), 1_000, 14_000).coverage).toBe(100);
});

it('takes its age from the first row that the pass under way has not come to', () => {
  expect(summarise(pass(4, 10_000), pass(10, 0), 1_000, 14_000).oldestAgeMs).toBe(10_000);
  expect(summarise(pass(10, 10_000), pass(10, 0), 1_000, 20_000).oldestAgeMs).toBe(10_000);
});

it('believes the pass before only where this one has not been yet', () => {
  const [before, now] = [pass(10, 0), pass(4, 10_000)];
  before.add(wrong(1), 200);
  before.add(wrong(2), 800);
  before.leaveOut('t', { id: 3 }, 'hot', 900);
  const { findings, notVerified } = summarise(now, before, 1_000, 14_000);
  expect(findings.map(({ key }) => key['id'])).toEqual(['2']);
  expect(notVerified).toBe(1);
});

it('counts what it does not list', () => {
  const log = pass(1, 0);
  for (let i = 0; i < 1_500; i++) log.add(wrong(i), 0);
  expect(summarise(log, undefined, 100, 0)).toMatchObject({ wrong: 1_500 });
});

it('is the same after it was kept and read', () => {
  const log = pass(3, 0);
  log.add(wrong(1), 100);
  log.leaveOut('t', { id: 2 }, 'late', 200);
  const read = PassLog.of(JSON.parse(JSON.stringify(log.record())));
  expect(summarise(read, undefined, 900, 5_000)).toEqual(summarise(log, undefined, 900, 5_000));
});
