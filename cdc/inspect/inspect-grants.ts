import { quoteName, type Connection, type Problem, type RowDataPacket } from '../../shared/index.ts';

/** A privilege and where it is needed: `*.*` or `schema.*`. */
export interface NeededGrant {
  readonly privilege: string;
  readonly schema?: string;
}

// MariaDB 10.5 renamed some privileges; either name is what SHOW GRANTS may print.
const aliases: Readonly<Record<string, string>> = { 'REPLICATION CLIENT': 'BINLOG MONITOR' };

export async function inspectGrants(
  connection: Connection,
  role: 'source' | 'target',
  needed: readonly NeededGrant[],
): Promise<Problem[]> {
  const [rows] = await connection.query<RowDataPacket[]>('SHOW GRANTS');
  const grants = rows.map((row) => parseGrant(String(Object.values(row)[0])));
  const [[user]] = await connection.query<RowDataPacket[]>('SELECT CURRENT_USER() AS name');
  const missing = needed.filter((need) => !grants.some((grant) => grant && satisfies(grant, need)));
  return missing.map(({ privilege, schema }) => {
    const where = schema === undefined ? '*.*' : `${quoteName(schema)}.*`;
    return {
      subject: `${role} user ${String(user?.['name'])}`,
      value: `without ${privilege} on ${where}`,
      expected: `${privilege} on ${where}`,
      fix: `GRANT ${privilege} ON ${where} TO ${accountOf(String(user?.['name']))}`,
    };
  });
}

interface Grant {
  readonly privileges: readonly string[];
  readonly schema: string;
}

function parseGrant(text: string): Grant | undefined {
  const match = /^GRANT (.+) ON (?:`?([^`]+)`?|\*)\.(\*|`[^`]+`) TO /.exec(text);
  if (!match) return undefined;
  const privileges = (match[1] ?? '').split(',').map((privilege) => privilege.trim());
  return { privileges, schema: match[2] ?? '*' };
}

function satisfies({ privileges, schema }: Grant, need: NeededGrant): boolean {
  if (schema !== '*' && schema.replaceAll('\\_', '_') !== need.schema) return false;
  const names = [need.privilege, aliases[need.privilege] ?? need.privilege];
  return privileges.includes('ALL PRIVILEGES') || names.some((name) => privileges.includes(name));
}

function accountOf(user: string): string {
  const at = user.lastIndexOf('@');
  return `'${user.slice(0, at)}'@'${user.slice(at + 1)}'`;
}
