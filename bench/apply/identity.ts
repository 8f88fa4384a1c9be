import type { MapRow, Row, TableMaps } from '../../cdc/index.ts';

/** Every table as it is, so that all peers write the same rows. */
export function identityMaps(keys: Readonly<Record<string, readonly string[]>>): TableMaps {
  return Object.fromEntries(Object.entries(keys).map(([table, key]) => [table, identity(table, key)]));
}

function identity(table: string, names: readonly string[]): MapRow {
  const [first = '', second] = names;
  if (second === undefined) return ({ [first]: id = null, ...columns }) => [{ table, key: { [first]: id }, columns }];
  return (row) => {
    const key: Row = Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
    const columns = Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));
    return [{ table, key, columns }];
  };
}
