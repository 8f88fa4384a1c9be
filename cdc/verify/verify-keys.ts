import type { HotSet } from '../apply/hot-keys.ts';
import type { Row } from '../change-event.ts';
import { formatPosition } from '../position.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { readKeys } from '../tables/table-pages.ts';
import { Comparer, keyReader } from './compare.ts';
import { keyOf } from './mismatch.ts';
import { readSideTables, type Sides, type SideTables } from './sides.ts';
import { Findings, type Finding } from './verification.ts';
import { openViews, type Views } from './views.ts';

/** What is known of the rows written since the last clean verification. */
export interface KeysVerification {
  readonly rows: number;
  readonly wrong: number;
  readonly missing: number;
  readonly extra: number;
  readonly position: string;
  readonly ms: number;
  readonly findings: readonly Finding[];
  /** More changed than is remembered: only a full verification can tell. */
  readonly overflowed: boolean;
}

const KEYS_AT_ONCE = 1000;

/**
 * Compares the rows written since the last clean verification, at exactly one position. Keys found equal are forgotten;
 * all come back when one is not.
 */
export async function verifyKeys(sides: Sides): Promise<KeysVerification> {
  const startedAt = Date.now();
  const tables = await readSideTables(sides);
  let hot: HotSet | undefined;
  let restore = (): void => undefined;
  const views = await openViews(sides, () => {
    hot = sides.stream.hotKeys();
    const taken = sides.stream.takeHotKeys();
    restore = () => taken.restore();
  });
  const findings = new Findings();
  let isClean = false;
  try {
    const overflowed = hot?.isOverflowed ?? true;
    if (hot && !overflowed) await new HotComparison(sides, tables, views, findings).compare(hot);
    isClean = findings.wrong === 0 && !overflowed;
    const ms = Date.now() - startedAt;
    return { ...findings.report(), position: formatPosition(views.position), ms, overflowed };
  } finally {
    if (!isClean) restore();
    views.close();
  }
}

class HotComparison {
  private readonly tables: SideTables;
  private readonly views: Views;
  private readonly findings: Findings;
  private readonly comparer: Comparer;
  private readonly expected = new Set<string>();

  constructor({ maps, inverse }: Sides, tables: SideTables, views: Views, findings: Findings) {
    this.tables = tables;
    this.views = views;
    this.findings = findings;
    this.comparer = new Comparer({
      maps,
      targetTables: tables.target,
      ...(inverse && { inverse }),
      target: () => views.target,
      onMismatch: (mismatch) => findings.add(mismatch),
    });
  }

  async compare(hot: HotSet): Promise<void> {
    for (const table of this.tables.source)
      for (const keys of chunks(hot.source.get(table.name) ?? [])) await this.compareSources(table, keys);
    for (const [name, keys] of hot.target) {
      const table = this.tables.target.get(name);
      if (table) await this.findGone(table, keys);
    }
  }

  private async compareSources(table: TableInfo, keys: readonly Row[]): Promise<void> {
    const mapped = await this.comparer.comparePage(table, await readKeys(this.views.source, table, keys));
    this.findings.rows += mapped.length;
    for (const { table: name, key, part } of mapped) {
      const info = this.tables.target.get(name);
      if (info && !part) this.expected.add(placeOf(info, key));
    }
  }

  /** Rows that were removed, or moved away, and are still there. */
  private async findGone(table: TableInfo, keys: readonly Row[]): Promise<void> {
    const gone = keys.filter((key) => !this.expected.has(placeOf(table, key)));
    for (const some of chunks(gone))
      for (const row of await readKeys(this.views.target, table, some))
        this.findings.add({ kind: 'extra', table: table.name, key: keyOf(table.key, row), columns: [] });
  }
}

function placeOf(table: TableInfo, key: Row): string {
  return `${table.name} ${keyReader(table, table.key)(table.key.map((name) => key[name] ?? null))}`;
}

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += KEYS_AT_ONCE) yield items.slice(i, i + KEYS_AT_ONCE);
}
