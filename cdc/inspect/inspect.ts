import { describeDatabase, isBanyanError, type Connection, type Problem } from '../../shared/index.ts';
import type { Mapping, TableMaps } from '../mapping.ts';
import { readCatalogue } from '../tables/catalogue.ts';
import { withConnection } from '../tables/connect.ts';
import { judged, problemsOf, rowsOf, type CheckItem } from './check-item.ts';
import { allows, readGrants } from './grants.ts';
import { inspectDateMode, inspectZeroDates } from './inspect-dates.ts';
import { inspectDisk } from './inspect-disk.ts';
import { inspectCascades, inspectTargetKeys } from './inspect-foreign-keys.ts';
import { inspectGrants } from './inspect-grants.ts';
import { inspectMapping } from './inspect-mapping.ts';
import { inspectPair } from './inspect-pair.ts';
import { inspectEvents, inspectTriggers } from './inspect-programs.ts';
import { inspectServer } from './inspect-server.ts';
import { inspectFreeSessions, inspectLogFormat, inspectOldTransactions, inspectXa } from './inspect-sessions.ts';
import { inspectTables, inspectVersioning } from './inspect-tables.ts';

export interface InspectSourceOptions {
  readonly url: string;
  readonly schema: string;
  readonly tables: readonly string[];
  /** Changes come through Debezium and Kafka: what only they cannot carry is looked for as well. */
  readonly throughKafka?: { readonly zeroDates?: Mapping['zeroDates'] };
}

export interface InspectTargetOptions extends InspectSourceOptions {
  /** Where the rows come from, for a dry run of the maps on real ones. */
  readonly source: InspectSourceOptions;
  readonly maps: TableMaps;
  /** The way back; without it only the way there is tried. */
  readonly inverse?: TableMaps;
  readonly declared?: Pick<Mapping, 'lossy' | 'categories' | 'derived'>;
  readonly direction?: 'forward' | 'reverse';
}

/** Everything that keeps a database from being a stream's source, all at once. Changes nothing. */
export async function inspectSource(options: InspectSourceOptions): Promise<Problem[]> {
  return problemsOf(await checkSource(options));
}

/** The same for its target, with a dry run of the mapping. */
export async function inspectTarget(options: InspectTargetOptions): Promise<Problem[]> {
  return problemsOf(await checkTarget(options));
}

/** Every precondition of a source, those that hold among them. */
export function checkSource(options: InspectSourceOptions): Promise<CheckItem[]> {
  const { url, schema, tables, throughKafka } = options;
  return reaching('source', url, async (connection) => {
    const found = await readCatalogue(connection, schema, tables);
    return [
      ...(await inspectServer(connection, 'source')),
      ...(await inspectLogFormat(connection)),
      ...(await inspectFreeSessions(connection)),
      ...(await inspectXa(connection)),
      ...(await inspectOldTransactions(connection, 'source')),
      ...(await inspectGrants(connection, 'source', sourceGrants(options))),
      await triggerRights(connection),
      ...inspectTables(schema, tables, found),
      ...(await inspectVersioning(connection, schema, tables)),
      ...(await inspectCascades(connection, schema, tables)),
      ...(await inspectEvents(connection, 'source', schema, tables)),
      ...(throughKafka ? await inspectZeroDates(connection, found, throughKafka.zeroDates ?? {}) : []),
    ];
  });
}

/** Every precondition of a target, of the pair, and of the mapping between them. */
export function checkTarget(options: InspectTargetOptions): Promise<CheckItem[]> {
  const { url, schema, tables, source } = options;
  return reaching('target', url, async (connection) => {
    const found = await readCatalogue(connection, schema, tables);
    return [
      ...(await inspectServer(connection, 'target')),
      ...(await inspectOldTransactions(connection, 'target')),
      ...(await inspectGrants(connection, 'target', targetGrants(options))),
      await ownDomain(connection),
      ...inspectTables(schema, tables, found),
      ...(await inspectTargetKeys(connection, schema, tables)),
      ...(await inspectTriggers(connection, schema, tables)),
      ...(await inspectEvents(connection, 'target', schema, tables)),
      await inspectDateMode(connection, 'target', found),
      ...(await reaching('source', source.url, async (from) => [
        ...(await inspectPair(from, connection)),
        ...(await inspectDisk(from, connection, source.schema, source.tables)),
      ])),
      ...(await reaching('source', source.url, () => inspectMapping(source, options, options))),
    ];
  });
}

function sourceGrants({ schema, tables, throughKafka }: InspectSourceOptions) {
  const debezium = throughKafka ? [{ privilege: 'RELOAD' }, { privilege: 'LOCK TABLES', schema, tables }] : [];
  return [
    { privilege: 'REPLICATION SLAVE' },
    { privilege: 'REPLICATION CLIENT' },
    ...debezium,
    { privilege: 'SELECT', schema, tables },
    { privilege: 'TRIGGER', schema, tables },
    ...['SELECT', 'INSERT', 'UPDATE', 'CREATE'].map((privilege) => ({ privilege, schema: 'banyan' })),
  ];
}

function targetGrants({ schema, tables }: InspectTargetOptions) {
  const privileges = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
  return [
    ...privileges.map((privilege) => ({ privilege, schema, tables })),
    ...[...privileges, 'CREATE'].map((privilege) => ({ privilege, schema: 'banyan' })),
  ];
}

/** With a log, MariaDB lets only a SUPER user create triggers unless told otherwise; the fence needs them. */
async function triggerRights(connection: Connection): Promise<CheckItem> {
  const [row] = await rowsOf(
    connection,
    'SELECT @@GLOBAL.log_bin AND NOT @@GLOBAL.log_bin_trust_function_creators AS restricted',
  );
  const grants = await readGrants(connection);
  const isSuper = grants.some((grant) => grant.schema === '*' && grant.table === '*' && allows(grant, 'SUPER'));
  const isFree = Number(row?.['restricted']) === 0;
  return judged(isSuper || isFree, 'problem', {
    subject: 'source log_bin_trust_function_creators',
    value: isFree ? 'ON' : 'OFF',
    expected: 'ON, or SUPER: the fence is made of triggers',
    fix: 'SET GLOBAL log_bin_trust_function_creators=ON',
  });
}

/** Apply sessions mark their transactions with a GTID domain of their own, or they would be carried back. */
async function ownDomain(connection: Connection): Promise<CheckItem> {
  const expected = 'BINLOG REPLAY on *.*';
  const item = { subject: 'target user', expected, fix: 'GRANT BINLOG REPLAY ON *.* TO the apply user' };
  try {
    await connection.query('SET SESSION gtid_domain_id=@@SESSION.gtid_domain_id');
    return { ...item, verdict: 'ok', value: `with ${expected}`, fix: '' };
  } catch {
    return { ...item, verdict: 'problem', value: `without ${expected}` };
  }
}

async function reaching(
  role: string,
  url: string,
  work: (connection: Connection) => Promise<CheckItem[]>,
): Promise<CheckItem[]> {
  try {
    return await withConnection(url, work);
  } catch (error) {
    if (!isBanyanError(error) || error.code !== 'CDC_DATABASE_UNREACHABLE') throw error;
    const expected = 'a server that answers and accepts the user of the URL';
    const subject = `${role} ${describeDatabase(url)}`;
    return [{ verdict: 'problem', subject, value: error.message, expected, fix: error.fix }];
  }
}
