import { checkMapping, type CheckedSide } from '../map/check/mapping-check.ts';
import type { MappingFinding } from '../map/check/findings.ts';
import type { Mapping, TableMaps } from '../mapping.ts';
import { ok, type CheckItem } from './check-item.ts';

const SAMPLE_ROWS = 1000;

export interface SampledMapping {
  readonly maps: TableMaps;
  /** When absent only the way there is judged. */
  readonly inverse?: TableMaps;
  readonly declared?: Pick<Mapping, 'lossy' | 'categories' | 'derived'>;
  /** Which way of the unit's mapping `maps` is. */
  readonly direction?: 'forward' | 'reverse';
}

/** Sends some real rows through the mapping and back; `banyan mapping check` sends all of them. */
export async function inspectMapping(
  from: CheckedSide,
  to: CheckedSide,
  { maps, inverse, declared, direction = 'forward' }: SampledMapping,
): Promise<CheckItem[]> {
  const lossy = inverse ? declared?.lossy : onlyThere(maps);
  const ways =
    direction === 'forward' ? { forward: maps, inverse: inverse ?? {} } : { forward: inverse ?? {}, inverse: maps };
  const mapping: Mapping = { version: 1, ...ways, ...declared, ...(lossy && { lossy }) };
  const sides = direction === 'forward' ? { legacy: from, service: to } : { legacy: to, service: from };
  const { findings, rows } = await checkMapping({ direction, mapping, ...sides, sampleRows: SAMPLE_ROWS });
  const items = findings.filter(({ kind }) => kind !== 'needless').map(itemOf);
  const checked = ok(
    `mapping ${direction} of ${from.schema}`,
    `${rows} rows tried`,
    'rows that pass; all: banyan mapping check',
  );
  return items.some(({ verdict }) => verdict === 'problem') ? items : [checked, ...items];
}

function onlyThere(maps: TableMaps): Mapping['lossy'] {
  return Object.fromEntries(Object.keys(maps).map((table) => [table, { '*': 'only the way there is judged' }]));
}

function itemOf({ severity, kind, subject, message, rows, because, fix, blocksRollback }: MappingFinding): CheckItem {
  const values = because?.values.map(({ value, rows: count }) => `${String(value)} (${count})`).join(', ');
  const count = rows > 0 ? ` (${rows} of the rows tried)` : '';
  return {
    verdict: kind === 'unmeasured' ? 'unknown' : severity,
    subject: `mapping: ${subject}`,
    value: `${message}${values ? `: ${because?.column} ${values}` : ''}${count}`,
    expected: blocksRollback ? 'a row that can go back' : 'a row that passes',
    fix,
  };
}
