import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { eventCases } from './event-cases.ts';
import { fixtureNames } from './fixture.ts';

const home = join(import.meta.dirname, '..', '..', '..', '..');
const CASES = 64;
const all = Array.from({ length: CASES }, (_, i) => i + 1);

/** The numbers in front of a title: one, or several with commas and "and" between them; E1b is a part of 1. */
function numbersAtStart(text: string): number[] {
  const [start = ''] = /^(?:E\d+b?(?:,| and)? ?)+/.exec(text) ?? [];
  return [...start.matchAll(/E(\d+)/g)].map(([, number]) => Number(number));
}

function casesOfTheTable(): number[] {
  const page = readFileSync(join(home, 'docs', 'change-event-cases.md'), 'utf8');
  return [...page.matchAll(/^\| (E[^|]*) \|/gm)].flatMap(([, cell = '']) => numbersAtStart(cell));
}

function casesOfTests(): Set<number> {
  const files = globSync('cdc/**/*.{test,contract}.ts', { cwd: home });
  const titles = files.flatMap((file) => [...readFileSync(join(home, file), 'utf8').matchAll(/['"`](E\d[^'"`]*)/g)]);
  return new Set(titles.flatMap(([, title = '']) => numbersAtStart(title)));
}

describe('the cases of change events', () => {
  it('stand in the table once each', () => {
    expect(casesOfTheTable().toSorted((a, b) => a - b)).toEqual(all);
  });

  it('are named by a test or a recording each', () => {
    const recorded = fixtureNames().map((name) => Number(/^e(\d+)-/.exec(name)?.[1]));
    const named = new Set([...casesOfTests(), ...recorded]);
    expect(all.filter((number) => !named.has(number))).toEqual([]);
    expect([...named].filter((number) => !all.includes(number))).toEqual([]);
  });

  it('are recorded where the list says so', () => {
    expect(fixtureNames()).toEqual(eventCases.map(({ name }) => name).toSorted());
  });
});
