import { quoteName } from '../shared/index.ts';
import { readText, type RawConnection } from './raw-connection.ts';

/** What has to be known of a table before a row of it may change. */
export interface TableFacts {
  /** Quoted, with its schema. */
  readonly name: string;
  /** Primary key, in its order; empty when there is none. */
  readonly key: readonly string[];
  /** Its AUTO_INCREMENT column. */
  readonly counted: string | undefined;
  /** False when a rollback leaves its rows as they are. */
  readonly isTransactional: boolean;
}

const FACTS = `
  SELECT COLUMN_NAME AS name, COLUMN_KEY = 'PRI' AS isKey, EXTRA LIKE '%auto_increment%' AS isCounted, t.ENGINE AS engine
    FROM information_schema.COLUMNS c JOIN information_schema.TABLES t USING (TABLE_SCHEMA, TABLE_NAME)
   WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`;
const KEY = `
  SELECT COLUMN_NAME AS name FROM information_schema.STATISTICS
   WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX`;

/** Remembers what it has looked up: a service's tables change with its deployment. */
export class TableCatalogue {
  readonly #known = new Map<string, TableFacts>();

  /** `table`: `name` or `schema.name`, unquoted. */
  async of(connection: RawConnection, table: string): Promise<TableFacts> {
    const known = this.#known.get(table);
    if (known) return known;
    const [name = '', schema = null] = table.split('.').toReversed();
    const columns = await readText(connection, FACTS, [schema, name]);
    const key = await readText(connection, KEY, [schema, name]);
    const facts = {
      name: schema === null ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`,
      key: key.map((row) => String(row['name'])),
      counted: columns.filter((row) => row['isCounted'] === '1').map((row) => String(row['name']))[0],
      isTransactional: columns.every((row) => row['engine'] === 'InnoDB'),
    };
    if (columns.length > 0) this.#known.set(table, facts);
    return facts;
  }
}
