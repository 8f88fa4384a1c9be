import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { openConnection, quoteName, silentLog, type Connection, type RowDataPacket } from '../../shared/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { Applier } from './apply.ts';
import { installBookkeeping } from './bookkeeping.ts';
import type { ChangeEvent, Row, Value } from '../change-event.ts';
import { Batch } from '../map/batch.ts';
import { emptyPosition } from '../position.ts';
import type { TableMaps } from '../mapping.ts';
import { qualifiedName, readCatalogue, type TableInfo } from '../tables/catalogue.ts';
import { TargetSession } from './target-session.ts';

/** Tables whose keys and unique indexes make batches go wrong, each with the values its columns are drawn from. */
const shapes: Readonly<
  Record<string, { ddl: string; key: readonly string[]; values: Readonly<Record<string, readonly Value[]>> }>
> = {
  'a second unique key': {
    ddl: 'id INT NOT NULL PRIMARY KEY, u INT NULL, v INT NOT NULL, UNIQUE (u)',
    key: ['id'],
    values: { id: [1, 2, 3], u: [10, 20, 30, null], v: [0, 1] },
  },
  'two unique keys over several columns': {
    ddl: 'a INT NOT NULL, b INT NOT NULL, u INT NOT NULL, w VARCHAR(5) NOT NULL, PRIMARY KEY (a, b), UNIQUE (u, w), UNIQUE (w, b)',
    key: ['a', 'b'],
    values: { a: [1, 2], b: [1, 2], u: [1, 2], w: ['x', 'y', 'z'] },
  },
  'a text key that ignores case, accents and trailing spaces': {
    ddl: 'k VARCHAR(10) COLLATE utf8mb4_general_ci NOT NULL PRIMARY KEY, v INT NOT NULL',
    key: ['k'],
    values: { k: ['a', 'A', 'á', 'a ', 'b', 'B', ''], v: [0, 1, 2] },
  },
  'a text key of several columns with a unique text': {
    ddl: `k VARCHAR(10) COLLATE utf8mb4_unicode_ci NOT NULL, n INT NOT NULL, u VARCHAR(10) COLLATE utf8mb4_unicode_ci NULL,
      PRIMARY KEY (k, n), UNIQUE (u)`,
    key: ['k', 'n'],
    values: { k: ['ss', 'ß', 'SS', 'o'], n: [1, 2], u: ['p', 'P', 'q', null] },
  },
  'a binary key': {
    ddl: 'k BINARY(3) NOT NULL PRIMARY KEY, u VARBINARY(3) NULL, v INT NOT NULL, UNIQUE (u)',
    key: ['k'],
    values: {
      k: [Buffer.from([1, 0, 0]), Buffer.from([1, 0, 2]), Buffer.from([0, 0, 0]), Buffer.from([65, 97, 255])],
      u: [Buffer.from([1]), Buffer.from([1, 0]), Buffer.from([]), null],
      v: [0, 1],
    },
  },
};

type Step = { readonly kind: 'insert' | 'change' | 'move' | 'remove'; readonly row: Row; readonly pick: number };

let source: MariaDb;
let onSource: Connection;
let onTarget: Connection;

beforeAll(async () => {
  source = await startMariaDb();
  [onSource, onTarget] = await Promise.all([
    openConnection(source.url(), { multipleStatements: true }),
    openConnection(source.url(), { multipleStatements: true }),
  ]);
  await installBookkeeping(onTarget);
  await onTarget.query('CREATE DATABASE made; CREATE DATABASE oracle');
});
afterAll(async () => {
  for (const connection of [onSource, onTarget]) connection.destroy();
  await source.stop();
});

describe.each(Object.entries(shapes))('batches of any history, at a table with %s', (_, { ddl, key, values }) => {
  let table: TableInfo;
  const row = fc.record(
    Object.fromEntries(Object.entries(values).map(([name, some]) => [name, fc.constantFrom(...some)])),
  );
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom('insert', 'change', 'change', 'move', 'remove'),
    row,
    pick: fc.nat(3),
  });

  beforeAll(async () => {
    for (const schema of ['oracle', 'made'])
      await onSource.query(`DROP TABLE IF EXISTS ${schema}.t; CREATE TABLE ${schema}.t (${ddl})`);
    table = (await readCatalogue(onTarget, 'made', ['t'])).get('t') as TableInfo;
  });

  /** Does to the oracle what a legal history does, one statement each; gives the changes as the log would tell them. */
  async function live(steps: readonly Step[]): Promise<ChangeEvent[]> {
    const changes: ChangeEvent[] = [];
    for (const step of steps) {
      const change = changeOf(step, (await rowsOf('oracle', table))[step.pick]);
      if (change && (await happens(change))) changes.push(change);
    }
    return changes;
  }

  function changeOf({ kind, row: drawn }: Step, before: Row | undefined): ChangeEvent | undefined {
    if (kind === 'insert' || !before) return { op: 'c', table: 't', before: null, after: drawn };
    if (kind === 'remove') return { op: 'd', table: 't', before, after: null };
    const kept = Object.fromEntries(key.map((name) => [name, before[name] ?? null]));
    return { op: 'u', table: 't', before, after: kind === 'move' ? drawn : { ...drawn, ...kept } };
  }

  async function happens(change: ChangeEvent): Promise<boolean> {
    const where = key.map((name) => `${quoteName(name)} = ?`).join(' AND ');
    const keyOf = (image: Row): Value[] => key.map((name) => image[name] ?? null);
    try {
      if (change.op === 'c') await onSource.query('INSERT INTO oracle.t SET ?', [change.after]);
      else if (change.op === 'd') await onSource.query(`DELETE FROM oracle.t WHERE ${where}`, keyOf(change.before));
      else if (change.op === 'u')
        await onSource.query(`UPDATE oracle.t SET ? WHERE ${where}`, [change.after, ...keyOf(change.before)]);
      return true;
    } catch (error) {
      // Not legal at the source: it never gets into a log.
      if ((error as { errno?: number }).errno === 1062) return false;
      throw error;
    }
  }

  it('leave what its changes leave one by one', async () => {
    const batches = fc.array(fc.array(step, { minLength: 12, maxLength: 30 }), { minLength: 2, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(batches, async (history) => {
        await onSource.query('DELETE FROM oracle.t; DELETE FROM made.t');
        for (const steps of history) await apply(await live(steps));
        expect(await rowsOf('made', table)).toEqual(await rowsOf('oracle', table));
      }),
      { numRuns: 40, seed: 20_261_121 },
    );
  });

  async function apply(changes: readonly ChangeEvent[]): Promise<void> {
    const columns = table.columns.map(({ name }) => name).filter((name) => !key.includes(name));
    const some = (image: Row, names: readonly string[]): Row =>
      Object.fromEntries(names.map((name) => [name, image[name] ?? null]));
    const maps: TableMaps = { t: (image) => [{ table: 't', key: some(image, key), columns: some(image, columns) }] };
    const batch = new Batch({ maps }, emptyPosition);
    batch.add({ gtid: { domain: 0, server: 1, sequence: 1n }, committedAtMs: 0, changes, bytes: 0 }, true);
    await onTarget.query(
      "REPLACE INTO banyan.stream_position (name, unit, epoch, position, state, mapping_version) VALUES ('s', 'u', 1, '', 'streaming', 1)",
    );
    const session = new TargetSession({ url: source.url(), domain: 7701, log: silentLog });
    const tables = new Map([['t', table]]);
    const applier = new Applier({
      name: 's',
      unit: 'u',
      epoch: 1,
      targetSide: 'service',
      tables,
      session,
      at: () => undefined,
    });
    try {
      await applier.apply(applier.prepare(batch), new AbortController().signal);
    } finally {
      session.close();
    }
  }
});

/** In an order of bytes, so that equal tables are equal lists. */
async function rowsOf(schema: string, table: TableInfo): Promise<Row[]> {
  const order = table.key.map((name) => `CAST(${quoteName(name)} AS BINARY)`).join(', ');
  const [rows] = await onTarget.query<RowDataPacket[]>(
    `SELECT * FROM ${qualifiedName({ schema, name: table.name })} ORDER BY ${order}`,
  );
  return rows.map((row) => ({ ...row }));
}
