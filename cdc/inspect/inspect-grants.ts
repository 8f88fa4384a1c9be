import { quoteName, type Connection } from '../../shared/index.ts';
import { rowsOf, type CheckItem } from './check-item.ts';
import { allows, coversSchema, idleRoles, readGrants, type Grant } from './grants.ts';

/** A privilege and where it is needed: everywhere, in a schema, or on these tables of it. */
export interface NeededGrant {
  readonly privilege: string;
  readonly schema?: string;
  /** When given, grants on each of these tables do as well as one on the schema. */
  readonly tables?: readonly string[];
}

/** The account's privileges, global, by schema or by table, its own or of its default role. */
export async function inspectGrants(
  connection: Connection,
  role: 'source' | 'target',
  needed: readonly NeededGrant[],
): Promise<CheckItem[]> {
  const grants = await readGrants(connection);
  const [row] = await rowsOf(connection, 'SELECT CURRENT_USER() AS name');
  const user = String(row?.['name']);
  const items = needed.map((need) => itemOf(grants, need, role, user));
  if (items.every(({ verdict }) => verdict === 'ok')) return items;
  return [...items, ...(await roleHints(connection, role, user))];
}

function itemOf(grants: readonly Grant[], need: NeededGrant, role: string, user: string): CheckItem {
  const { privilege, schema } = need;
  const where = schema === undefined ? '*.*' : `${quoteName(schema)}.*`;
  const subject = `${role} user ${user}`;
  const expected = `${privilege} on ${where}`;
  if (satisfied(grants, need)) return { verdict: 'ok', subject, value: `with ${expected}`, expected, fix: '' };
  const fix = `GRANT ${privilege} ON ${where} TO ${accountOf(user)}`;
  return { verdict: 'problem', subject, value: `without ${expected}`, expected, fix };
}

function satisfied(grants: readonly Grant[], { privilege, schema, tables = [] }: NeededGrant): boolean {
  const allowing = grants.filter((grant) => allows(grant, privilege));
  if (schema === undefined) return allowing.some((grant) => grant.schema === '*' && grant.table === '*');
  const here = allowing.filter((grant) => coversSchema(grant, schema));
  if (here.some(({ table }) => table === '*')) return true;
  return tables.length > 0 && tables.every((name) => here.some(({ table }) => table === name));
}

async function roleHints(connection: Connection, role: string, user: string): Promise<CheckItem[]> {
  const roles = await idleRoles(connection);
  return roles.map((name) => ({
    verdict: 'warning',
    subject: `${role} user ${user}`,
    value: `with role ${name}, which is not enabled`,
    expected: 'a default role, so that it is in force when banyan logs in',
    fix: `SET DEFAULT ROLE ${quoteName(name)} FOR ${accountOf(user)}`,
  }));
}

function accountOf(user: string): string {
  const at = user.lastIndexOf('@');
  return `'${user.slice(0, at)}'@'${user.slice(at + 1)}'`;
}
