import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { ChangeEvent, Row, SourceTransaction } from '../change-event.ts';
import type { TableMaps } from '../mapping.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { CopyModel, oracle, type CopyPlan, type ModelOptions, type Tables } from '../testing/copy-model.ts';

/** The key of `main` is not the source's key, `extra` is filtered, and `b` sets a column of `main`. */
const maps: TableMaps = {
  a: ({ id = null, code = null, v = null }) => [
    { table: 'main', key: { code }, columns: { v } },
    ...(Number(v) > 0 ? [{ table: 'extra', key: { id }, columns: { v } }] : []),
  ],
  b: ({ ref = null, w = null }) =>
    Number(w) > 0 ? [{ table: 'main', key: { code: ref }, columns: { w }, part: { unset: { w: 0 } } }] : [],
};
const defaults = { main: { w: 0 } };
const sourceTables = ['a', 'b'].map((name) => ({ name, key: ['id'] }) as unknown as TableInfo);
const KEYS = [1, 2, 3, 4];

/** A source whose possible next transactions are known. */
class Source {
  readonly history: SourceTransaction[] = [];
  readonly start: Tables;
  private readonly rows: Tables;

  constructor(ids: readonly number[], withParts: boolean) {
    this.rows = new Map<string, Map<string, Row>>([
      ['a', new Map(ids.map((id) => [String(id), { id, code: `c${id}`, v: id % 2 }]))],
      ['b', new Map(withParts ? ids.map((id) => [String(id), { id, ref: `c${id}`, w: id % 2 }]) : [])],
    ]);
    this.start = new Map([...this.rows].map(([name, rows]) => [name, new Map(rows)]));
  }

  /** Every single thing that could happen to table `a` now. */
  choices(keys: readonly number[]): ChangeEvent[] {
    const rows = [...(this.rows.get('a')?.values() ?? [])];
    const free = keys.filter((id) => !rows.some((row) => row['id'] === id));
    return [
      ...rows.map((row) => update('a', row, { ...row, v: 1 - Number(row['v']) })),
      ...rows.map((row): ChangeEvent => ({ op: 'd', table: 'a', before: row, after: null })),
      ...rows.flatMap((row) => free.map((id) => update('a', row, { ...row, id }))),
      ...free.map((id): ChangeEvent => ({ op: 'c', table: 'a', before: null, after: this.newRow(id) })),
    ];
  }

  choicesOfParts(): ChangeEvent[] {
    return [...(this.rows.get('b')?.values() ?? [])].flatMap((row) => [
      update('b', row, { ...row, w: (Number(row['w']) + 1) % 3 }),
      update('b', row, { ...row, id: 10 - Number(row['id']) }),
    ]);
  }

  commit(changes: readonly ChangeEvent[]): void {
    const all = changes.flatMap((change) => [...this.partsOf(change), change]);
    for (const { table, before, after } of all) {
      const rows = this.rows.get(table) as Map<string, Row>;
      if (before) rows.delete(String(before['id']));
      if (after) rows.set(String(after['id']), after);
    }
    const gtid = { domain: 0, server: 1, sequence: BigInt(this.history.length + 1) };
    this.history.push({ gtid, committedAtMs: 0, bytes: 0, changes: all });
  }

  /** The contract of parts: they go with their row. */
  private partsOf({ table, before, after }: ChangeEvent): ChangeEvent[] {
    if (table !== 'a' || !before || after) return [];
    const rows = [...(this.rows.get('b')?.values() ?? [])].filter(({ ref }) => ref === before['code']);
    return rows.map((row) => ({ op: 'd', table: 'b', before: row, after: null }));
  }

  private newRow(id: number): Row {
    const codes = new Set([...(this.rows.get('a')?.values() ?? [])].map(({ code }) => code));
    const code = KEYS.map((key) => `c${key}`).find((name) => !codes.has(name)) as string;
    return { id, code, v: 1 };
  }
}

function update(table: string, before: Row, after: Row): ChangeEvent {
  return { op: 'u', table, before, after };
}

async function expectMapping(source: Source, plan: CopyPlan, tables = sourceTables): Promise<void> {
  const options: ModelOptions = { maps, sourceTables: tables, defaults, start: source.start, history: source.history };
  const target = await new CopyModel(options).run(plan);
  const [found, expected] = [textOf(target), textOf(oracle(options))];
  // `expect` costs more than a run of the model.
  if (found !== expected) expect({ plan, history: source.history, found }).toEqual({ plan, found: expected });
}

function textOf(tables: Tables): string {
  const rows = [...tables].flatMap(([name, byKey]) =>
    [...byKey.values()].map((row) =>
      [
        name,
        ...Object.keys(row)
          .toSorted()
          .map((column) => `${column}=${String(row[column])}`),
      ].join(' '),
    ),
  );
  return rows.toSorted().join('\n');
}

/** Nondecreasing sequences of `length` numbers up to `max`. */
function* ascending(length: number, max: number, from = 0): Generator<number[]> {
  if (length === 0) yield [];
  else
    for (let first = from; first <= max; first++)
      for (const rest of ascending(length - 1, max, first)) yield [first, ...rest];
}

function* histories(ids: readonly number[], depth: number, chosen: number[] = []): Generator<Source> {
  const source = new Source(ids, false);
  for (const choice of chosen) source.commit([source.choices([1, 2, 3])[choice] as ChangeEvent]);
  if (chosen.length === depth) {
    yield source;
    return;
  }
  const count = source.choices([1, 2, 3]).length;
  for (let choice = 0; choice < count; choice++) yield* histories(ids, depth, [...chosen, choice]);
}

describe('a copy in cycles', () => {
  it.each([[[1, 3]], [[2]], [[1, 2, 3]]])(
    'invariant 5: gives the mapping of the source for every history of three changes from rows %j, every view and chunk',
    async (ids) => {
      let runs = 0;
      for (const source of histories(ids, 3))
        for (const views of ascending(3, 3)) {
          await expectMapping(source, { views, chunksPerCycle: 1, chunkRows: 1, crashes: false, batch: 1 });
          runs += 1;
        }
      expect(runs).toBeGreaterThan(2000);
    },
  );

  it('invariants 4 and 5: gives the mapping of the source for random histories, parts, batches and crashes', async () => {
    const plan = fc.record({
      chunksPerCycle: fc.integer({ min: 0, max: 3 }),
      chunkRows: fc.integer({ min: 1, max: 3 }),
      crashes: fc.boolean(),
      batch: fc.integer({ min: 1, max: 4 }),
      // Parts may come in front of the rows they belong to.
      isReversed: fc.boolean(),
    });
    const steps = fc.array(fc.array(fc.nat(1000), { minLength: 1, maxLength: 3 }), { maxLength: 10 });
    const property = fc.asyncProperty(
      fc.subarray(KEYS),
      steps,
      fc.array(fc.nat(10)),
      plan,
      async (ids, all, at, how) => {
        const source = new Source(ids, true);
        for (const step of all)
          for (const [i, number] of step.entries()) {
            const choices = i % 2 === 0 ? source.choices(KEYS) : source.choicesOfParts();
            const choice = choices[number % Math.max(choices.length, 1)];
            if (choice) source.commit([choice]);
          }
        const views = at.map((view) => Math.min(view, source.history.length)).toSorted((a, b) => a - b);
        const { isReversed, ...rest } = how;
        const tables = isReversed ? sourceTables.toReversed() : sourceTables;
        await expectMapping(source, { ...rest, views: views.length > 0 ? views : [0] }, tables);
      },
    );
    await fc.assert(property, { numRuns: 1500 });
  });

  it('makes a part good that came before its row', async () => {
    const source = new Source([2], true);
    source.commit([source.choicesOfParts()[0] as ChangeEvent]);
    const plan = { views: [0, 1], chunksPerCycle: 1, chunkRows: 1, crashes: false, batch: 1 };
    await expectMapping(source, plan, sourceTables.toReversed());
  });
});
