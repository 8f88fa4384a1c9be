import { setImmediate as yieldNow } from 'node:timers/promises';
import type { Connection, RowDataPacket } from '../../shared/index.ts';
import { qualifiedName, readCatalogue, type TableInfo } from '../tables/catalogue.ts';
import type { Row } from '../change-event.ts';
import { Comparer, mapRow, normalId } from './compare.ts';
import { withConnection } from '../tables/connect.ts';
import { cdcErrors } from '../errors.ts';
import type { HotSet } from '../apply/hot-keys.ts';
import type { TableMaps } from '../mapping.ts';
import { formatPosition, type Position } from '../position.ts';
import { openConsistentView, openView, type ConsistentView } from '../snapshot/source-snapshot.ts';
import type { Stream } from '../stream.ts';
import { readKeys, readPages } from '../tables/table-pages.ts';
import { Findings, type Verification } from './verification.ts';

export interface VerifyOptions {
  /** The stream from source to target: it stands still while the views are opened, and its hot keys are settled. */
  readonly stream: Pick<Stream, 'standStillAt' | 'hotKeys' | 'takeHotKeys'>;
  /**
   * The stream from target to source. To be given when it is the target that is being written: then this one stands
   * still instead, and the position is one of the target's log.
   */
  readonly peer?: Pick<Stream, 'standStillAt'>;
  readonly sourceUrl: string;
  readonly sourceSchema: string;
  readonly targetUrl: string;
  readonly targetSchema: string;
  readonly targetTables: readonly string[];
  readonly maps: TableMaps;
  /** When given, every source row is also mapped there and back: what a rollback could not restore is counted. */
  readonly inverse?: TableMaps;
  readonly onProgress?: (progress: { readonly table: string; readonly rows: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

/** Both sides at one position of the written side's log. */
interface Views {
  readonly position: Position;
  readonly source: Connection;
  readonly target: Connection;
  readonly sourceTables: readonly TableInfo[];
  readonly targetTables: ReadonlyMap<string, TableInfo>;
  /** What was hot at that position. */
  readonly hot: HotSet;
}

const PAGE_ROWS = 1000;

/**
 * Compares every row of both sides at exactly one position, so that a row in flight is never called wrong. Reads by
 * SELECT on both sides and shares no decoder with the applier: what that gets wrong shows here.
 */
export async function verify(options: VerifyOptions): Promise<Verification> {
  const startedAt = Date.now();
  return withViews(options, async (views) => {
    const findings = new Findings();
    const comparer = comparerOf(options, views, findings);
    const total = views.sourceTables.reduce((sum, table) => sum + table.rowsEstimate, 0);
    let rows = 0;
    for (const table of views.sourceTables)
      for await (const page of pagesOf(options, views, table)) {
        await comparer.comparePage(table, page);
        rows += page.length;
        options.onProgress?.({ table: table.name, rows, total: Math.max(total, rows) });
      }
    for (const table of views.targetTables.values()) {
      const present = comparer.present.get(table.name) ?? 0;
      if ((await countRows(views.target, table)) !== present) await findExtras(options, views, table, findings);
    }
    return findings.report(formatPosition(views.position), Date.now() - startedAt);
  });
}

export interface KeysVerification extends Verification {
  /** More changed than is remembered: only a full verification can tell. */
  readonly overflowed: boolean;
}

/** The same for the rows written since the last clean verification only. */
export async function verifyKeys(options: VerifyOptions): Promise<KeysVerification> {
  const startedAt = Date.now();
  let overflowed = false;
  const result = await withViews(
    options,
    async (views) => {
      const findings = new Findings();
      overflowed = views.hot.isOverflowed;
      if (!overflowed) await compareHot(options, views, findings);
      return findings.report(formatPosition(views.position), Date.now() - startedAt);
    },
    (verification) => verification.wrong === 0 && !overflowed,
  );
  return { ...result, overflowed };
}

async function compareHot(options: VerifyOptions, views: Views, findings: Findings): Promise<void> {
  const comparer = comparerOf(options, views, findings);
  const expected = new Set<string>();
  for (const table of views.sourceTables)
    for (const keys of chunks(views.hot.source.get(table.name) ?? [])) {
      const rows = await readKeys(views.source, table, keys);
      for (const { table: name, key, part } of await comparer.comparePage(table, rows))
        if (!part) expected.add(placeOf(views, name, key));
    }
  for (const [name, all] of views.hot.target) {
    const table = views.targetTables.get(name);
    const gone = all.filter((key) => !expected.has(placeOf(views, name, key)));
    for (const keys of table ? chunks(gone) : [])
      for (const row of await readKeys(views.target, table as TableInfo, keys))
        findings.add('extra', name, keyOf(table as TableInfo, row));
  }
}

function placeOf({ targetTables }: Views, name: string, key: Row): string {
  const table = targetTables.get(name) as TableInfo;
  const names = Object.keys(key);
  return `${name} ${normalId(table, names, Object.values(key))}`;
}

function comparerOf(options: VerifyOptions, views: Views, findings: Findings): Comparer {
  const { maps, inverse } = options;
  const { target, targetTables } = views;
  return new Comparer({ target, targetTables, maps, findings, ...(inverse && { inverse }) });
}

/** Brings both sides to one position and opens a view of each; hot keys come back unless the result is clean. */
async function withViews<T extends Verification>(
  options: VerifyOptions,
  work: (views: Views) => Promise<T>,
  isClean: (result: T) => boolean = (result) => result.wrong === 0,
): Promise<T> {
  const { peer, stream, sourceUrl, sourceSchema, targetUrl, targetSchema, targetTables, maps } = options;
  const [sources, targets] = await Promise.all([
    withConnection(sourceUrl, (c) => readCatalogue(c, sourceSchema, Object.keys(maps))),
    withConnection(targetUrl, (c) => readCatalogue(c, targetSchema, targetTables)),
  ]);
  const [writtenUrl, copyUrl] = peer ? [targetUrl, sourceUrl] : [sourceUrl, targetUrl];
  let written: ConsistentView | undefined;
  let copy: Connection | undefined;
  let restoreHot = (): void => undefined;
  let clean = false;
  try {
    const opened = await (peer ?? stream).standStillAt(
      async () => (written = await openConsistentView(writtenUrl)).position,
      async () => {
        copy = await openView(copyUrl);
        const hot = stream.hotKeys();
        const taken = stream.takeHotKeys();
        restoreHot = () => taken.restore();
        return { copy, hot };
      },
    );
    if (!written) throw new RangeError('the stand-still ran without asking for its position');
    const { connection, position } = written;
    const ends = peer ? [opened.copy, connection] : [connection, opened.copy];
    const [source, target] = ends as [Connection, Connection];
    const views = {
      position,
      source,
      target,
      hot: opened.hot,
      sourceTables: [...sources.values()],
      targetTables: targets,
    };
    const result = await work(views);
    clean = isClean(result);
    return result;
  } finally {
    if (!clean) restoreHot();
    written?.close();
    copy?.destroy();
  }
}

async function* pagesOf(options: VerifyOptions, views: Views, table: TableInfo): AsyncGenerator<readonly Row[]> {
  for await (const page of readPages(views.source, table, PAGE_ROWS)) {
    if (options.signal?.aborted)
      throw cdcErrors.error('CDC_VERIFY_ABORTED', { message: `the verification was cancelled in ${table.name}` });
    yield page;
  }
}

async function countRows(connection: Connection, table: TableInfo): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>(`SELECT COUNT(*) AS n FROM ${qualifiedName(table)}`);
  return Number(rows[0]?.['n']);
}

/** Only when the counts differ: maps every source row again and looks for target rows none of them yields. */
async function findExtras(options: VerifyOptions, views: Views, table: TableInfo, findings: Findings): Promise<void> {
  const expected = new Set<string | number>();
  for (const source of views.sourceTables)
    for await (const page of pagesOf(options, views, source)) {
      for (const row of page.flatMap((image) => mapRow(options.maps, source.name, image))) {
        if (row.table !== table.name || row.part) continue;
        const id = normalId(
          table,
          table.key,
          table.key.map((name) => row.key[name] ?? null),
        );
        if (expected.has(id)) findings.add('collision', table.name, row.key);
        expected.add(id);
      }
      await yieldNow();
    }
  for await (const page of readPages(views.target, table, PAGE_ROWS))
    for (const row of page) {
      const id = normalId(
        table,
        table.key,
        table.key.map((name) => row[name] ?? null),
      );
      if (!expected.has(id)) findings.add('extra', table.name, keyOf(table, row));
    }
}

function keyOf(table: TableInfo, row: Row): Row {
  return Object.fromEntries(table.key.map((name) => [name, row[name] ?? null]));
}

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += PAGE_ROWS) yield items.slice(i, i + PAGE_ROWS);
}
