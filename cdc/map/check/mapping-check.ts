import type { Connection } from '../../../shared/index.ts';
import type { Mapping } from '../../mapping.ts';
import { openView } from '../../snapshot/source-snapshot.ts';
import { readCatalogue, type TableInfo } from '../../tables/catalogue.ts';
import { connectTo } from '../../tables/connect.ts';
import { readTableRules, type TableRules } from './column-rules.ts';
import { checkDeclarations, checkDerived } from './declarations.ts';
import type { MappingFinding } from './findings.ts';
import { notMeasurable } from './measurable.ts';
import { ScratchPool, type Collision } from './scratch-pool.ts';
import { prepareScratchSession } from './scratch-table.ts';
import { sourceRows } from './source-rows.ts';
import type { SideTables } from './structure.ts';
import { TableChecker, type CheckContext, type TableCheck } from './table-check.ts';

/** One side of a unit: where it is and which tables the plan gives it. */
export interface CheckedSide {
  readonly url: string;
  readonly schema: string;
  readonly tables: readonly string[];
}

export interface MappingCheckOptions {
  /** `forward` sends legacy's rows there and back; `reverse` the service's, those born there among them. */
  readonly direction: 'forward' | 'reverse';
  readonly mapping: Mapping;
  readonly legacy: CheckedSide;
  readonly service: CheckedSide;
  /** About how many rows of each table, from both ends of its key; every row when absent. */
  readonly sampleRows?: number;
  readonly onProgress?: (progress: { readonly table: string; readonly rows: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

export interface MappingCheck {
  readonly direction: 'forward' | 'reverse';
  /** Every row was sent there and back; false for a sample and after an abort. */
  readonly isComplete: boolean;
  /** False: no temporary table could be made at the target to try its columns in, so only shapes were checked there. */
  readonly isMeasured: boolean;
  readonly rows: number;
  readonly ms: number;
  readonly tables: readonly TableCheck[];
  /** All findings, those of the tables among them; problems first. */
  readonly findings: readonly MappingFinding[];
}

/**
 * Measures a mapping on the rows that are there: each goes through the map, into a scratch copy of the target's tables
 * and back through the inverse. Writes nothing but temporary tables. An abort ends it with what was found so far.
 */
export async function checkMapping(options: MappingCheckOptions): Promise<MappingCheck> {
  const startedAt = Date.now();
  const [from, to] =
    options.direction === 'forward' ? [options.legacy, options.service] : [options.service, options.legacy];
  const source = await openView(from.url);
  const target = await connectTo(to.url).catch((error: unknown) => {
    source.destroy();
    throw error;
  });
  try {
    await prepareScratchSession(target);
    const unmeasured = await notMeasurable(target);
    const sides = [await readSide(source, from), await readSide(target, to)] as const;
    const context = contextOf(options, ...sides, target, !unmeasured);
    const declared = [...checkDeclarations(context), ...(unmeasured ? [unmeasured] : [])];
    if (options.direction === 'forward')
      declared.push(...(await checkDerived(target, options.mapping.derived, context)));
    const { tables, wasAborted } = await checkTables(options, context, source);
    const isComplete = options.sampleRows === undefined && !wasAborted;
    const findings = [
      ...declared,
      ...tables.flatMap((table) => table.findings),
      ...(await collisionsOf(context, isComplete)),
    ];
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    const isMeasured = !unmeasured;
    const ms = Date.now() - startedAt;
    return {
      direction: options.direction,
      isComplete,
      isMeasured,
      rows,
      ms,
      tables,
      findings: findings.toSorted(bySeverity),
    };
  } finally {
    source.destroy();
    target.destroy();
  }
}

async function readSide(connection: Connection, { schema, tables }: CheckedSide): Promise<SideTables> {
  const found = await readCatalogue(connection, schema, tables);
  const rules = new Map<string, TableRules>();
  for (const name of found.keys()) rules.set(name, await readTableRules(connection, schema, name));
  return { tables: found, rules };
}

function contextOf(
  { direction, mapping }: MappingCheckOptions,
  source: SideTables,
  target: SideTables,
  connection: Connection,
  isMeasured: boolean,
): CheckContext {
  const { forward, inverse } = mapping;
  const maps = direction === 'forward' ? { maps: forward, inverse } : { maps: inverse, inverse: forward };
  return {
    direction,
    mapping,
    source,
    target,
    ...maps,
    ...(isMeasured && { scratch: new ScratchPool(connection, target) }),
  };
}

async function checkTables(
  { sampleRows, signal, onProgress }: MappingCheckOptions,
  context: CheckContext,
  connection: Connection,
): Promise<{ tables: TableCheck[]; wasAborted: boolean }> {
  const chosen = [...context.source.tables.values()].filter(({ name, key }) => context.maps[name] && key.length > 0);
  const total = chosen.reduce((sum, table) => sum + Math.min(table.rowsEstimate, sampleRows ?? Infinity), 0);
  const tables: TableCheck[] = [];
  let done = 0;
  const step = (table: string, rows: number): void => {
    done += rows;
    onProgress?.({ table, rows: done, total: Math.max(total, done) });
  };
  for (const table of chosen) {
    if (signal?.aborted) break;
    tables.push(await checkTable(context, connection, table, { sampleRows, signal, step }));
  }
  return { tables, wasAborted: signal?.aborted ?? false };
}

async function checkTable(
  context: CheckContext,
  connection: Connection,
  table: TableInfo,
  run: {
    readonly sampleRows: number | undefined;
    readonly signal: AbortSignal | undefined;
    readonly step: (table: string, rows: number) => void;
  },
): Promise<TableCheck> {
  const checker = new TableChecker(context, table);
  for await (const page of sourceRows(connection, table, run.sampleRows)) {
    await checker.take(page);
    run.step(table.name, page.length);
    if (run.signal?.aborted) break;
  }
  return checker.finish(run.sampleRows === undefined && !run.signal?.aborted);
}

async function collisionsOf({ scratch, direction }: CheckContext, isComplete: boolean): Promise<MappingFinding[]> {
  if (!scratch) return [];
  const own = scratch
    .collisions()
    .map((found) => collision(found, direction, 'would take a place that another row of the source takes too'));
  if (direction === 'forward' || !isComplete) return own;
  const foreign = (await scratch.foreignCollisions()).map((found) =>
    collision(found, direction, 'would take a place that a row of legacy holds which never moved'),
  );
  return [...own, ...foreign];
}

function collision({ table, index, columns, rows }: Collision, direction: string, what: string): MappingFinding {
  const which = index === 'PRIMARY' ? 'primary key' : `unique key ${index}`;
  return {
    severity: 'problem',
    kind: 'collision',
    subject: `${table} (${columns.join(', ')})`,
    message: `${what}, by its ${which} and collation`,
    rows,
    blocksRollback: direction === 'reverse',
    fix: 'map the rows to different keys, or give the key a collation that tells them apart',
  };
}

function bySeverity(a: MappingFinding, b: MappingFinding): number {
  return Number(a.severity === 'warning') - Number(b.severity === 'warning') || b.rows - a.rows;
}
