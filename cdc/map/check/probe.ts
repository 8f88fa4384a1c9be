import { isBanyanError, messageOf } from '../../../shared/index.ts';
import type { Row, Value } from '../../change-event.ts';
import type { MapRow, TargetRow } from '../../mapping.ts';
import { sameValue } from '../map.ts';

/** A way in which a mapping is not a pure, total function. */
export interface Impurity {
  readonly kind: 'throws' | 'mutates' | 'unstable' | 'clock' | 'undefined' | 'type';
  /** The target table and column, where one is to blame. */
  readonly column?: string;
  readonly message: string;
}

/** What a call gave: target rows, or why it must not be used. */
export type Probed = { readonly targets: readonly TargetRow[] } | { readonly impurity: Impurity };

// Further than any rounding to hours, days or months would hide.
const CLOCK_SHIFT_MS = 400 * 24 * 3600 * 1000;

const EXPECTED = '; expected text, a finite number, bytes or null';

/** Calls a mapping with a row that cannot be changed, and judges what comes out. */
export function probe(map: MapRow, row: Row): Probed {
  try {
    const targets = map(Object.freeze({ ...row }));
    const impurity = badValue(targets);
    return impurity ? { impurity } : { targets };
  } catch (error) {
    return { impurity: changesItsRow(map, row) ?? { kind: 'throws', message: `throws: ${reasonOf(error)}` } };
  }
}

/** Calls it again: the same rows must come out. Remembers which columns it reads. */
export function probeAgain(
  map: MapRow,
  row: Row,
  first: readonly TargetRow[],
  read: Set<string>,
): Impurity | undefined {
  const watched = new Proxy(row, {
    get: (target, name) => {
      if (typeof name === 'string') read.add(name);
      return Reflect.get(target, name) as Value;
    },
  });
  return sameTargets(first, callSafely(map, watched))
    ? undefined
    : { kind: 'unstable', message: 'gives other rows when it is called twice with the same row' };
}

/** Calls it under a clock that is more than a year ahead. */
export function probeClock(map: MapRow, row: Row, first: readonly TargetRow[]): Impurity | undefined {
  const real = globalThis.Date;
  globalThis.Date = shiftedDate(real);
  try {
    return sameTargets(first, callSafely(map, row))
      ? undefined
      : { kind: 'clock', message: 'gives other rows at another time of day or year' };
  } finally {
    globalThis.Date = real;
  }
}

function shiftedDate(real: DateConstructor): DateConstructor {
  return new Proxy(real, {
    construct: (target, args: unknown[], self) =>
      Reflect.construct(target, args.length === 0 ? [target.now() + CLOCK_SHIFT_MS] : args, self) as Date,
    apply: (target) => new target(target.now() + CLOCK_SHIFT_MS).toString(),
    get: (target, name) =>
      name === 'now' ? () => target.now() + CLOCK_SHIFT_MS : (Reflect.get(target, name) as unknown),
  });
}

function callSafely(map: MapRow, row: Row): readonly TargetRow[] | undefined {
  try {
    return map(row);
  } catch {
    return undefined;
  }
}

function changesItsRow(map: MapRow, row: Row): Impurity | undefined {
  const copy = { ...row };
  callSafely(map, copy);
  const isSame = Object.keys(copy).length === Object.keys(row).length && sameRow(copy, row);
  return isSame ? undefined : { kind: 'mutates', message: 'changes the row it is given' };
}

/** A mapping's own errors say what is wrong without row contents; of any other error only the kind is shown. */
function reasonOf(error: unknown): string {
  if (isBanyanError(error)) return messageOf(error);
  return error instanceof Error ? error.name : 'a value that is no error';
}

function badValue(targets: readonly TargetRow[]): Impurity | undefined {
  if (!Array.isArray(targets)) return { kind: 'type', message: 'gives no list of rows' };
  for (const { table, key, columns } of targets)
    for (const values of [key, columns])
      for (const name of Object.keys(values)) {
        const column = `${table}.${name}`;
        const value: unknown = values[name];
        if (value === undefined) return { kind: 'undefined', column, message: `gives undefined for ${column}` };
        const kind = unfit(value);
        if (kind) return { kind: 'type', column, message: `gives ${kind} for ${column}${EXPECTED}` };
      }
  return undefined;
}

function unfit(value: unknown): string | undefined {
  if (value === null || typeof value === 'string' || Buffer.isBuffer(value)) return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'a number that is not finite';
  return `a ${value instanceof Date ? 'Date' : typeof value}`;
}

function sameTargets(a: readonly TargetRow[], b: readonly TargetRow[] | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((row, i) => sameTarget(row, b[i] as TargetRow));
}

function sameTarget(a: TargetRow, b: TargetRow): boolean {
  if (a.table !== b.table || (a.part === undefined) !== (b.part === undefined)) return false;
  return sameRow(a.key, b.key) && sameRow(a.columns, b.columns) && sameRow(a.part?.unset ?? {}, b.part?.unset ?? {});
}

function sameRow(a: Row, b: Row): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => sameValue(a[name], b[name]));
}
