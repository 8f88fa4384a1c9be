import {
  describeDatabase,
  isBanyanError,
  type Connection,
  type Problem,
  type RowDataPacket,
} from '../../shared/index.ts';
import { readCatalogue } from '../tables/catalogue.ts';
import { withConnection } from '../tables/connect.ts';
import { inspectGrants } from './inspect-grants.ts';
import { inspectMapping } from './inspect-mapping.ts';
import { inspectServer } from './inspect-server.ts';
import { inspectCascades, inspectTables } from './inspect-tables.ts';
import type { TableMaps } from '../mapping.ts';

export interface InspectSourceOptions {
  readonly url: string;
  readonly schema: string;
  readonly tables: readonly string[];
}

export interface InspectTargetOptions extends InspectSourceOptions {
  /** Where the rows come from, for a dry run of the maps on real ones. */
  readonly source: InspectSourceOptions;
  readonly maps: TableMaps;
}

/** Everything that keeps a database from being a stream's source, all at once. Changes nothing. */
export function inspectSource(options: InspectSourceOptions): Promise<Problem[]> {
  const { url, schema, tables } = options;
  return reaching('source', url, async (connection) => [
    ...(await inspectServer(connection, 'source')),
    ...(await inspectGrants(connection, 'source', [
      { privilege: 'REPLICATION SLAVE' },
      { privilege: 'REPLICATION CLIENT' },
      { privilege: 'SELECT', schema },
      { privilege: 'TRIGGER', schema },
      ...['SELECT', 'INSERT', 'UPDATE', 'CREATE'].map((privilege) => ({ privilege, schema: 'banyan' })),
    ])),
    ...(await triggerRights(connection)),
    ...inspectTables(schema, tables, await readCatalogue(connection, schema, tables)),
    ...(await inspectCascades(connection, schema, tables)),
  ]);
}

/** The same for its target, with a dry run of the mapping. */
export function inspectTarget(options: InspectTargetOptions): Promise<Problem[]> {
  const { url, schema, tables, source, maps } = options;
  return reaching('target', url, async (connection) => {
    const found = await readCatalogue(connection, schema, tables);
    const privileges = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
    return [
      ...(await inspectServer(connection, 'target')),
      ...(await inspectGrants(connection, 'target', [
        ...privileges.map((privilege) => ({ privilege, schema })),
        ...[...privileges, 'CREATE'].map((privilege) => ({ privilege, schema: 'banyan' })),
      ])),
      ...(await ownDomain(connection)),
      ...inspectTables(schema, tables, found),
      ...(await reaching('source', source.url, async (from) =>
        inspectMapping(from, await readCatalogue(from, source.schema, source.tables), maps, found),
      )),
    ];
  });
}

/** With a log, MariaDB lets only a SUPER user create triggers unless told otherwise; the fence needs them. */
async function triggerRights(connection: Connection): Promise<Problem[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT @@GLOBAL.log_bin AND NOT @@GLOBAL.log_bin_trust_function_creators AS restricted',
  );
  const [grants] = await connection.query<RowDataPacket[]>('SHOW GRANTS');
  const isSuper = grants.some((row) =>
    /^GRANT .*\b(SUPER|ALL PRIVILEGES)\b.* ON \*\.\*/.test(String(Object.values(row)[0])),
  );
  if (isSuper || Number(rows[0]?.['restricted']) === 0) return [];
  return [
    {
      subject: 'source log_bin_trust_function_creators',
      value: 'OFF',
      expected: 'ON, or SUPER: the fence is made of triggers',
      fix: 'SET GLOBAL log_bin_trust_function_creators=ON',
    },
  ];
}

/** Apply sessions mark their transactions with a GTID domain of their own, or they would be carried back. */
async function ownDomain(connection: Connection): Promise<Problem[]> {
  try {
    await connection.query('SET SESSION gtid_domain_id=@@SESSION.gtid_domain_id');
    return [];
  } catch {
    const expected = 'BINLOG REPLAY on *.*';
    return [
      {
        subject: 'target user',
        value: `without ${expected}`,
        expected,
        fix: 'GRANT BINLOG REPLAY ON *.* TO the apply user',
      },
    ];
  }
}

async function reaching(
  role: string,
  url: string,
  work: (connection: Connection) => Promise<Problem[]>,
): Promise<Problem[]> {
  try {
    return await withConnection(url, work);
  } catch (error) {
    if (!isBanyanError(error) || error.code !== 'CDC_DATABASE_UNREACHABLE') throw error;
    const expected = 'a server that answers and accepts the user of the URL';
    return [{ subject: `${role} ${describeDatabase(url)}`, value: error.message, expected, fix: error.fix }];
  }
}
