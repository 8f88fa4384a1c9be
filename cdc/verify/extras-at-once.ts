import type { Row } from '../change-event.ts';
import type { KeyId } from '../map/coalesce.ts';
import type { TableMaps } from '../mapping.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { keyReader } from './compare.ts';
import { hashKey, KeySet64, type KeyHash } from './key-set.ts';
import { mapRow } from './map-row.ts';
import { keyOf, type Mismatch } from './mismatch.ts';

/** How many hashes are held at a time, about 64 MB. A larger table is gone through in several parts. */
const KEYS_AT_ONCE = 4_000_000;
const SUSPECTS = 1_000;

export interface YieldedKeysOptions {
  readonly sources: readonly TableInfo[];
  readonly table: TableInfo;
  readonly maps: TableMaps;
  /** All rows of a source table, within the view. */
  readonly sourcePages: (table: TableInfo) => AsyncIterable<readonly Row[]>;
}

export interface ExtrasAtOnceOptions extends YieldedKeysOptions {
  /** Rows that the table holds. */
  readonly count: number;
  readonly targetPages: (table: TableInfo) => AsyncIterable<readonly Row[]>;
  readonly onMismatch: (mismatch: Mismatch) => void;
  readonly keysAtOnce?: number;
}

/**
 * Rows of a target table that no source row yields, and keys that two of them yield, within one view of both sides and
 * without a way back: all source rows are mapped and the hashes of their keys kept, then the target is gone through. A
 * hash that is not among them is a row too many for certain.
 */
export async function findExtrasAtOnce(options: ExtrasAtOnceOptions): Promise<void> {
  const { count, keysAtOnce = KEYS_AT_ONCE } = options;
  const parts = Math.max(1, Math.ceil(count / keysAtOnce));
  for (let part = 0; part < parts; part++)
    await findInPart(options, ({ high }) => high % parts === part, Math.ceil(count / parts));
}

async function findInPart(
  options: ExtrasAtOnceOptions,
  belongs: (hash: KeyHash) => boolean,
  expected: number,
): Promise<void> {
  const { table, targetPages, onMismatch } = options;
  const idOf = keyReader(table, table.key);
  const yielded = new KeySet64(expected);
  const twice = new Map<KeyId, Row>();
  for await (const key of yieldedKeys(options)) {
    const id = idOf(Object.values(key));
    const hash = hashKey(id);
    if (belongs(hash) && !yielded.add(hash) && twice.size < SUSPECTS) twice.set(id, key);
  }
  for await (const page of targetPages(table))
    for (const row of page) {
      const hash = hashKey(idOf(table.key.map((name) => row[name] ?? null)));
      if (belongs(hash) && !yielded.has(hash))
        onMismatch({ kind: 'extra', table: table.name, key: keyOf(table.key, row), columns: [] });
    }
  if (twice.size > 0) await confirmCollisions(options, twice);
}

/** Equal hashes are looked at again by their real keys. */
async function confirmCollisions(options: ExtrasAtOnceOptions, twice: ReadonlyMap<KeyId, Row>): Promise<void> {
  const { table, onMismatch } = options;
  const idOf = keyReader(table, table.key);
  const seen = new Set<KeyId>();
  for await (const key of yieldedKeys(options)) {
    const id = idOf(Object.values(key));
    if (!twice.has(id)) continue;
    if (seen.has(id)) onMismatch({ kind: 'collision', table: table.name, key, columns: [] });
    seen.add(id);
  }
}

/** Keys of the whole rows that the source yields for the table, in the key's own order of columns. */
export async function* yieldedKeys({ sources, sourcePages, maps, table }: YieldedKeysOptions): AsyncGenerator<Row> {
  for (const source of sources)
    for await (const page of sourcePages(source))
      for (const image of page)
        for (const row of mapRow(maps, source.name, image))
          if (row.table === table.name && !row.part) yield keyOf(table.key, row.key);
}
