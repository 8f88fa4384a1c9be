import { describe, expect, it } from '@jest/globals';
import { fixtureNames, readFixture } from './testing/fixture.ts';
import { fold, forms, replay } from './testing/replay.ts';

/** Fixtures whose rows cannot all be had from their messages; `zero-date.test.ts` says which and why. */
const DOUBTFUL = ['e51-zero-date'];
const LOSSY = ['lossy'];
const PARTIAL = ['e32-swap', 'e36-snapshot', 'e30-definitions'];

describe('recorded events give the rows that a SELECT shows', () => {
  const names = fixtureNames().filter((name) => !DOUBTFUL.includes(name) && !PARTIAL.includes(name));
  const runs = names.flatMap((name) =>
    readFixture(name)
      .recordings.filter(({ variant }) => !LOSSY.includes(variant))
      .flatMap(({ variant }) => forms.map((form) => [name, variant, form] as const)),
  );

  it.each(runs)('%s, settings %s, %s', (name, variant, form) => {
    const { fixture, events } = replay(name, form, { variant });
    expect(fold(fixture, events)).toEqual(fixture.rows);
  });
});
