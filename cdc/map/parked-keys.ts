import type { ChangeEvent, Row, Value } from '../change-event.ts';
import { cdcErrors } from '../errors.ts';
import type { TableMaps, TargetRow } from '../mapping.ts';
import type { Gtid } from '../position.ts';

/** Why a change was not applied; never holds a value of the row. */
export interface Refusal {
  readonly code: string;
  readonly reason: string;
}

export interface ParkedChange extends Refusal {
  /** Grows with every parked change of a stream: the order of the log. */
  readonly id: number;
  /** Changes that must be replayed in order, because they touch a common key on one side or the other. */
  readonly chain: number;
  /** Chains that this change joins to its own. */
  readonly joins: readonly number[];
  /** Key of the source row. */
  readonly key: Row;
  readonly event: ChangeEvent;
  readonly gtid: Gtid;
  readonly ordinal: number;
}

/** What a change's rows become at the target. */
export interface Images {
  readonly before: readonly TargetRow[];
  readonly after: readonly TargetRow[];
}

export const noImages: Images = { before: [], after: [] };

/** Nothing where the mapping cannot say. */
export function imagesOf(maps: TableMaps, { table, before, after }: ChangeEvent): Images {
  const map = maps[table];
  if (!map) return noImages;
  try {
    return { before: before ? map(before) : [], after: after ? map(after) : [] };
  } catch {
    return noImages;
  }
}

const OWN_TABLES = 'banyan.';
/** More than this is no row's fault. */
export const PARKED_LIMIT = 10_000;

/**
 * Which keys wait, of source rows and of the target rows they become: a change that touches one of them waits behind.
 * Text keys are compared more coarsely than any collation does, so that nothing overtakes under another spelling; that
 * a few keys too many wait does no harm.
 */
export class ParkedKeys {
  /** Of every source table. */
  private readonly keyColumns: ReadonlyMap<string, readonly string[]>;
  private chains = new Map<string, number>();
  private tables = new Set<string>();
  private lastId = 0;
  /** Changes that wait. */
  size = 0;

  constructor(keyColumns: ReadonlyMap<string, readonly string[]>) {
    this.keyColumns = keyColumns;
  }

  holds(change: ChangeEvent, images: Images): boolean {
    return this.size > 0 && this.places(change, images).some((place) => this.chains.has(place));
  }

  /** True when a change of the source table, or one that touches a target table, waits. */
  holdsTable(source: string, targets: readonly string[]): boolean {
    return this.tables.has(`s.${source}`) || targets.some((target) => this.tables.has(`t.${target}`));
  }

  /** Parks a change and remembers the keys it touches. Throws `CDC_TOO_MANY_PARKED`. */
  park(
    { change, gtid, ordinal }: { change: ChangeEvent; gtid: Gtid; ordinal: number },
    refusal: Refusal | undefined,
    images: Images,
  ): ParkedChange {
    this.requireRoom(change.table);
    const id = (this.lastId += 1);
    const places = this.places(change, images);
    const tables = tablesOf(change, images);
    const met = [...new Set(places.flatMap((place) => this.chains.get(place) ?? []))].toSorted((a, b) => a - b);
    const [chain = id, ...joins] = met;
    this.remember({ id, chain, joins, places, tables });
    const key = this.keyOf(change);
    const why = refusal ?? { code: 'CDC_KEY_PARKED', reason: 'an earlier change of the same row is parked' };
    return { id, chain, joins, key, event: change, gtid, ordinal, ...why };
  }

  /** Takes over what is known to be parked. */
  restore(parked: Pick<ParkedChange, 'id' | 'chain' | 'event'>, images: Images): void {
    const { id, chain, event } = parked;
    const tables = tablesOf(event, images);
    this.remember({ id, chain, joins: [], places: this.places(event, images), tables });
  }

  fork(): ParkedKeys {
    const copy = this.empty();
    copy.adopt(this);
    return copy;
  }

  /** Knows the same tables and no parked change. */
  empty(): ParkedKeys {
    return new ParkedKeys(this.keyColumns);
  }

  adopt(other: ParkedKeys): void {
    this.chains = new Map(other.chains);
    this.tables = new Set(other.tables);
    this.lastId = other.lastId;
    this.size = other.size;
  }

  private requireRoom(table: string): void {
    if (this.size < PARKED_LIMIT) return;
    throw cdcErrors.error('CDC_TOO_MANY_PARKED', {
      message: `${this.size} changes are parked, the last one of ${table}; expected fewer than ${PARKED_LIMIT}`,
    });
  }

  private remember(parked: {
    id: number;
    chain: number;
    joins: readonly number[];
    places: readonly string[];
    tables: readonly string[];
  }): void {
    const { id, chain, joins, places, tables } = parked;
    for (const place of places) this.chains.set(place, chain);
    if (joins.length > 0)
      for (const [place, held] of this.chains) if (joins.includes(held)) this.chains.set(place, chain);
    for (const table of tables) this.tables.add(table);
    this.lastId = Math.max(this.lastId, id);
    this.size += 1;
  }

  private keyOf(change: ChangeEvent): Row {
    if (change.op === 'x') return change.key;
    const image = change.before ?? change.after ?? {};
    const columns = this.keyColumns.get(change.table) ?? [];
    return Object.fromEntries(columns.map((column) => [column, image[column] ?? null]));
  }

  private places(change: ChangeEvent, { before, after }: Images): string[] {
    const columns = this.keyColumns.get(change.table) ?? [];
    const images = change.op === 'x' ? [change.key] : [change.before, change.after];
    const source = images.flatMap((image) => (image ? [placeOf('s', change.table, columns, image)] : []));
    // Our own rows hold nothing up: the mark of a copy is common to all rows.
    const theirs = [...before, ...after].filter(({ table }) => !table.startsWith(OWN_TABLES));
    const target = theirs.map(({ table, key }) => placeOf('t', table, Object.keys(key).toSorted(), key));
    return [...source, ...target];
  }
}

function tablesOf(change: ChangeEvent, { before, after }: Images): string[] {
  return [`s.${change.table}`, ...[...before, ...after].map(({ table }) => `t.${table}`)];
}

function placeOf(side: 's' | 't', table: string, columns: readonly string[], image: Row): string {
  return JSON.stringify([side, table, ...columns.map((column) => coarse(image[column] ?? null))]);
}

/** Equal at least for all values that some collation or padding holds equal. */
function coarse(value: Value): string | null {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return `x${value.toString('hex').replace(/(00)+$/, '')}`;
  const letters = String(value).normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD');
  return letters
    .replaceAll(/[\p{M}\p{C}\p{Z}\s]/gu, '')
    .replaceAll(/[æœøđðłþħıſ]/g, (letter) => plainLetters[letter] ?? letter)
    .replaceAll('ss', 's');
}

const plainLetters: Readonly<Record<string, string>> = {
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  þ: 'th',
  ħ: 'h',
  ı: 'i',
  ſ: 's',
};
