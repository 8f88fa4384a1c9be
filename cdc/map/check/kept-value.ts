import type { Row, Value } from '../../change-event.ts';
import type { TargetRow } from '../../mapping.ts';
import { sameInColumn } from '../../tables/canonical.ts';
import type { ColumnInfo, TableInfo } from '../../tables/catalogue.ts';

/** A column that does not keep what the mapping gives it, and why as far as the type tells. */
export interface NotKept {
  readonly column: ColumnInfo;
  readonly reason: string;
}

/** Compares what was given with what the server kept of it. */
export function notKept(table: TableInfo, { key, columns }: TargetRow, image: Row): NotKept[] {
  const given: Row = { ...key, ...columns };
  return Object.keys(given).flatMap((name) => {
    const column = table.byName.get(name);
    const [expected, actual] = [given[name] ?? null, image[name] ?? null];
    if (!column || sameInColumn(column, expected, actual)) return [];
    return [{ column, reason: reasonOf(column, expected, actual) }];
  });
}

function reasonOf({ kind, type, charset }: ColumnInfo, given: Value, kept: Value): string {
  if (given === null) return 'is given NULL and is NOT NULL';
  if (kind === 'choice') return `is given something else than a member of ${type}`;
  if (kind === 'integer' || kind === 'exact' || kind === 'float' || kind === 'double')
    return numberReason(type, given, kept);
  if (/^(date|time|datetime|timestamp|year)\b/.test(type)) return temporalReason(type, given, kept);
  if (Buffer.isBuffer(given) || Buffer.isBuffer(kept)) return `is given more bytes than ${type} holds`;
  const [text, rest] = [String(given), String(kept)];
  if (text.startsWith(rest)) return `is given longer text than ${type} holds`;
  return `is given characters that its character set ${charset ?? ''} lacks`.replace(/ {2}/, ' ');
}

function numberReason(type: string, given: Value, kept: Value): string {
  if (!/^\s*-?\d/.test(String(given))) return `is given something else than a number (${type})`;
  const isNear = Math.abs(Number(given) - Number(kept)) < 1;
  return isNear ? `is given more digits than ${type} keeps` : `is given a number outside the range of ${type}`;
}

function temporalReason(type: string, given: Value, kept: Value): string {
  const isCut = String(given).startsWith(String(kept).replace(/0+$/, ''));
  return isCut ? `is given a finer fraction than ${type} keeps` : `is given something that is no value of ${type}`;
}
