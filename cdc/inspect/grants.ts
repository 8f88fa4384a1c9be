import type { Connection, RowDataPacket } from '../../shared/index.ts';

/** What one line of SHOW GRANTS allows. */
export interface Grant {
  readonly privileges: readonly string[];
  /** A pattern: `*`, a name, or a name with `%` and `_`. */
  readonly schema: string;
  /** `*` or one table. */
  readonly table: string;
}

/**
 * Grants in force for this session: the account's own, those of its enabled role with the roles that one holds, and
 * those of everybody. A role that is granted but not enabled by default is not in force.
 */
export async function readGrants(connection: Connection): Promise<Grant[]> {
  const own = await showGrants(connection, 'SHOW GRANTS');
  const everybodys = await showGrants(connection, 'SHOW GRANTS FOR PUBLIC').catch(() => []);
  return [...own, ...everybodys].flatMap((text) => parseGrant(text) ?? []);
}

/** Roles that would be in force if they were set as default. */
export async function idleRoles(connection: Connection): Promise<string[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT ROLE_NAME AS role FROM information_schema.APPLICABLE_ROLES
     WHERE ROLE_NAME NOT IN (SELECT ROLE_NAME FROM information_schema.ENABLED_ROLES WHERE ROLE_NAME IS NOT NULL)`,
  );
  return rows.map((row) => String(row['role']));
}

async function showGrants(connection: Connection, sql: string): Promise<string[]> {
  const [rows] = await connection.query<RowDataPacket[]>(sql);
  return rows.map((row) => String(Object.values(row)[0]));
}

export function parseGrant(text: string): Grant | undefined {
  const match = /^GRANT (.+?) ON (?:TABLE )?(?:`((?:[^`]|``)+)`|\*)\.(?:`((?:[^`]|``)+)`|\*) TO /.exec(text);
  if (!match) return undefined;
  const [, privileges = '', schema = '*', table = '*'] = match;
  // A privilege on columns, `SELECT (a, b)`, is none on the table.
  const whole = privileges.replaceAll(/[A-Z ]+\([^)]*\)/g, '');
  const named = whole.split(',').map((privilege) => privilege.trim());
  return { privileges: named.filter((privilege) => privilege !== ''), schema, table };
}

// MariaDB 10.5 renamed some privileges; either name is what SHOW GRANTS may print.
const aliases: Readonly<Record<string, string>> = { 'REPLICATION CLIENT': 'BINLOG MONITOR' };

export function allows({ privileges }: Grant, privilege: string): boolean {
  return (
    privileges.includes('ALL PRIVILEGES') ||
    privileges.includes(privilege) ||
    privileges.includes(aliases[privilege] ?? privilege)
  );
}

export function coversSchema({ schema }: Grant, name: string): boolean {
  if (schema === '*') return true;
  const pattern = schema.replaceAll(/\\?[%_]|[.*+?^${}()|[\]\\]/g, (found) =>
    found === '%' ? '.*' : found === '_' ? '.' : found.length === 2 ? found.slice(1) : `\\${found}`,
  );
  return new RegExp(`^${pattern}$`).test(name);
}
