import type { Connection } from '../../../shared/index.ts';
import { messageOf, quoteName } from '../../../shared/index.ts';
import { names, readDerivations, type Derivation } from '../../derived/derived-tables.ts';
import type { Mapping } from '../../mapping.ts';
import { qualifiedName } from '../../tables/catalogue.ts';
import type { MappingFinding } from './findings.ts';
import type { CheckContext } from './table-check.ts';

/** What can be said of a direction's declarations before a row is read. */
export function checkDeclarations({ direction, maps, mapping, source }: CheckContext): MappingFinding[] {
  const mapped = Object.keys(maps);
  const { lossy = {}, categories = {} } = mapping;
  const unknown = (
    declared: Readonly<Record<string, object>>,
    name: string,
    columns: readonly string[],
  ): MappingFinding[] => {
    const table = source.tables.get(name);
    if (!table || !(name in declared)) return [];
    const strange = columns.filter((column) => column !== '*' && !table.byName.has(column));
    return strange.map((column) =>
      structure(`${name}.${column}`, 'is declared in mapping.ts and does not exist', 'correct the name'),
    );
  };
  return [
    ...mapped
      .filter((name) => !source.tables.has(name))
      .map((name) =>
        structure(name, 'is mapped, and is not among the unit’s tables', 'name it in the plan, or leave it out'),
      ),
    ...mapped
      .filter((name) => source.tables.get(name)?.key.length === 0)
      .map((name) => structure(name, 'has no primary key', 'add a primary key')),
    ...(direction === 'forward' ? [...source.tables.keys()] : [])
      .filter((name) => !mapped.includes(name))
      .map((name) => ({
        ...structure(
          name,
          'is in the plan, and the mapping carries nothing of it',
          'map it, or take it out of the plan',
        ),
        severity: 'warning' as const,
      })),
    ...Object.entries(lossy).flatMap(([name, columns]) => unknown(lossy, name, Object.keys(columns))),
    ...Object.entries(categories).flatMap(([name, columns]) => unknown(categories, name, columns)),
  ];
}

/** Whether the SQL of each derived table is understood by the target, and names every table it reads. Runs it on no rows. */
export async function checkDerived(
  target: Connection,
  derived: Mapping['derived'],
  context: Pick<CheckContext, 'target'>,
): Promise<MappingFinding[]> {
  const { tables } = context.target;
  try {
    const derivations = readDerivations(derived, tables) ?? [];
    const found: MappingFinding[] = [];
    for (const derivation of derivations) {
      await target.query(`USE ${quoteName(derivation.table.schema)}`);
      found.push(...unnamedTables(derivation, [...tables.keys()]));
      for (const [what, sql] of sqlOf(derivation, context))
        found.push(...(await tryOut(target, `${derivation.table.name} ${what}`, sql)));
    }
    return found;
  } catch (error) {
    return [structure('derived', messageOf(error), 'correct the declaration in mapping.ts')];
  }
}

function sqlOf(
  { select, columns, affected, key }: Derivation,
  { target }: Pick<CheckContext, 'target'>,
): [string, string][] {
  return [
    ['select', `SELECT ${names(columns, 's.')} FROM (${select}) s LIMIT 0`],
    ...Object.entries(affected).flatMap(([name, given]): [string, string][] => {
      const landing = target.tables.get(name);
      if (!landing) return [];
      const keys = typeof given === 'string' ? given : `SELECT ${names(given)} FROM changed`;
      const changed = `changed AS (SELECT * FROM ${qualifiedName(landing)} LIMIT 0)`;
      return [
        [
          `affected.${name}`,
          `WITH ${changed}, touched (${names(key)}) AS (${keys}) SELECT ${names(key)} FROM touched LIMIT 0`,
        ],
      ];
    }),
  ];
}

function unnamedTables({ table, select, affected }: Derivation, all: readonly string[]): MappingFinding[] {
  const read = all.filter(
    (name) => name !== table.name && new RegExp(`(?<![\\w.])\`?${name}\`?(?![\\w(])`).test(select),
  );
  return read
    .filter((name) => !(name in affected))
    .map((name) =>
      structure(
        `${table.name} affected`,
        `does not name ${name}, which its select reads`,
        `say which keys a change of ${name} touches`,
      ),
    );
}

async function tryOut(target: Connection, subject: string, sql: string): Promise<MappingFinding[]> {
  try {
    await target.query(sql);
    return [];
  } catch (error) {
    return [
      structure(subject, `is not understood by the target: ${messageOf(error)}`, 'correct the SQL in mapping.ts'),
    ];
  }
}

function structure(subject: string, message: string, fix: string): MappingFinding {
  return { severity: 'problem', kind: 'structure', subject, message, rows: 0, blocksRollback: false, fix };
}
