import { describe, expect, it } from '@jest/globals';
import { fixtureNames, readFixture } from '../testing/fixture.ts';
import { fold, forms, replay } from '../testing/replay.ts';

/** Rows that messages do not tell, or that lay there before: each has a test of its own. */
const ELSEWHERE = ['e51-zero-date', 'e59-unreadable-text', 'e32-swap', 'e36-snapshot', 'e30-definitions'];

describe('recorded events give the rows that a SELECT shows', () => {
  const names = fixtureNames().filter((name) => !ELSEWHERE.includes(name));
  const runs = names.flatMap((name) =>
    readFixture(name)
      .recordings.filter(({ variant }) => variant !== 'lossy')
      .flatMap(({ variant }) => forms.map((form) => [name.replace('e', 'E'), name, variant, form] as const)),
  );

  it.each(runs)('%s: %s, settings %s, %s', (_, name, variant, form) => {
    const { fixture, events } = replay(name, form, { variant });
    expect(fold(fixture, events)).toEqual(fixture.rows);
  });
});
