import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openConnection, type Connection } from '../../shared/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { readCatalogue } from '../tables/catalogue.ts';
import type { CheckItem } from './check-item.ts';
import { inspectDateMode, inspectZeroDates } from './inspect-dates.ts';
import { inspectDisk } from './inspect-disk.ts';
import { inspectCascades, inspectTargetKeys } from './inspect-foreign-keys.ts';
import { inspectGrants } from './inspect-grants.ts';
import { inspectPair } from './inspect-pair.ts';
import { inspectEvents, inspectTriggers } from './inspect-programs.ts';
import { inspectServer } from './inspect-server.ts';
import { inspectFreeSessions, inspectLogFormat, inspectOldTransactions, inspectXa } from './inspect-sessions.ts';
import { inspectVersioning } from './inspect-tables.ts';

describe('each check of the doctor, provoked on a real server', () => {
  let server: MariaDb;
  let other: MariaDb;
  let connection: Connection;
  let second: Connection;

  beforeAll(async () => {
    [server, other] = await Promise.all([startMariaDb(), startMariaDb()]);
    connection = await openConnection(server.url(), { multipleStatements: true });
    second = await openConnection(other.url(), { multipleStatements: true });
  });
  beforeEach(async () => {
    await connection.query(
      'DROP DATABASE IF EXISTS unit; CREATE DATABASE unit; USE unit; CREATE TABLE a (id INT PRIMARY KEY) ENGINE=InnoDB',
    );
  });
  afterAll(async () => {
    for (const each of [connection, second]) each.destroy();
    await Promise.all([server.stop(), other.stop()]);
  });

  const linesOf = (items: readonly CheckItem[], subject = ''): string[] =>
    items
      .filter((item) => item.subject.includes(subject))
      .map(({ verdict, subject: what, value }) => `${verdict}: ${what}: ${value}`);

  const asUser = async <T>(name: string, grants: string, look: (connection: Connection) => Promise<T>): Promise<T> => {
    await connection.query(`DROP USER IF EXISTS ${name}@'%'; CREATE USER ${name}@'%'; ${grants}`);
    const user = await openConnection(server.url(name));
    try {
      return await look(user);
    } finally {
      user.destroy();
    }
  };

  describe('settings', () => {
    const withGlobal = async (setting: string, back: string, look: () => Promise<string[]>): Promise<string[]> => {
      await connection.query(`SET GLOBAL ${setting}`);
      try {
        return await look();
      } finally {
        await connection.query(`SET GLOBAL ${back}`);
      }
    };
    const serverLines = async (subject: string, role: 'source' | 'target' = 'source') =>
      linesOf(await inspectServer(connection, role), subject);

    it.each([
      ['gtid_domain_id=7701', 'gtid_domain_id=0', 'problem: source gtid_domain_id: 7701'],
      ['gtid_strict_mode=OFF', 'gtid_strict_mode=ON', 'warning: source gtid_strict_mode: OFF'],
      ['sync_binlog=0', 'sync_binlog=1', 'warning: source sync_binlog: 0'],
    ])('%s is found', async (setting, back, expected) => {
      const name = setting.split('=')[0] ?? '';
      expect(await withGlobal(setting, back, () => serverLines(` ${name}`))).toEqual([expected]);
    });

    it('E64 a compressed log is found', async () => {
      const look = (): Promise<string[]> => serverLines('log_bin_compress');
      expect(await withGlobal('log_bin_compress=ON', 'log_bin_compress=OFF', look)).toContain(
        'problem: source log_bin_compress: ON',
      );
    });

    it('a target that takes no writes is a problem', async () => {
      const lines = await withGlobal('read_only=ON', 'read_only=OFF', () => serverLines('read_only', 'target'));
      expect(lines).toEqual(['problem: target read_only: ON']);
    });

    it('several GTID domains are named', async () => {
      await connection.query(
        'SET SESSION gtid_domain_id=5; INSERT INTO unit.a VALUES (1); SET SESSION gtid_domain_id=0',
      );
      await connection.query('INSERT INTO unit.a VALUES (2)');
      expect(await serverLines('GTID domains')).toEqual(['warning: source GTID domains: 0, 5']);
    });
  });

  it('a statement in the log is found by its place, never by its text', async () => {
    expect(linesOf(await inspectLogFormat(connection))[0]).toMatch(
      /^ok: source statements in the log: none in \d+ events/,
    );
    const session = await openConnection(server.url());
    await session.query('SET SESSION binlog_format=STATEMENT');
    await session.query('INSERT INTO unit.a VALUES (4711)');
    session.destroy();
    const items = await inspectLogFormat(connection);
    expect(linesOf(items)[0]).toMatch(/^problem: source statements in the log: a statement at mysql-bin\.\d+:\d+$/);
    expect(JSON.stringify(items)).not.toContain('4711');
    await connection.query('FLUSH BINARY LOGS');
  });

  it('open sessions of accounts that may leave the row format are named', async () => {
    await asUser('free', "GRANT BINLOG ADMIN ON *.* TO free@'%'", async () => {
      expect(linesOf(await inspectFreeSessions(connection))).toEqual([
        expect.stringMatching(/^warning: source sessions that may leave the row format: .*free \(1\)/),
      ]);
    });
  });

  it('a prepared XA transaction is a problem, XA in use a warning', async () => {
    const session = await openConnection(server.url());
    await session.query("XA START 'x'");
    await session.query('INSERT INTO unit.a VALUES (3)');
    await session.query("XA END 'x'");
    await session.query("XA PREPARE 'x'");
    expect(linesOf(await inspectXa(connection))).toEqual(['problem: source XA transactions: 1 prepared']);
    await session.query("XA ROLLBACK 'x'");
    session.destroy();
    expect(linesOf(await inspectXa(connection))).toEqual([
      expect.stringMatching(/^warning: source XA transactions: \d+ started/),
    ]);
  });

  it('an old transaction is named by its thread; who may not see it is told what to grant', async () => {
    const session = await openConnection(server.url());
    await session.query('START TRANSACTION');
    await session.query('INSERT INTO unit.a VALUES (9)');
    expect(linesOf(await inspectOldTransactions(connection, 'source'))).toEqual([
      'ok: source open transactions: none that is old',
    ]);
    expect(linesOf(await inspectOldTransactions(connection, 'source', -1))).toEqual([
      expect.stringMatching(/^warning: source open transactions: thread \d+ open for \d+ s$/),
    ]);
    session.destroy();
    const blind = await asUser('blind', "GRANT SELECT ON unit.* TO blind@'%'", (user) =>
      inspectOldTransactions(user, 'source'),
    );
    expect(blind).toMatchObject([{ verdict: 'unknown', fix: 'GRANT PROCESS ON *.* TO the user of the streams' }]);
  });

  describe('grants', () => {
    const needed = [
      { privilege: 'SELECT', schema: 'unit', tables: ['a'] },
      { privilege: 'INSERT', schema: 'unit' },
    ];
    const grantLines = (grants: string) =>
      asUser('some', grants, async (user) => linesOf(await inspectGrants(user, 'target', needed)));

    it('on every table of the unit do as well as one on the schema, where tables are all that is needed', async () => {
      const lines = await grantLines("GRANT SELECT, INSERT ON unit.a TO some@'%'");
      expect(lines).toEqual([
        'ok: target user some@%: with SELECT on `unit`.*',
        'problem: target user some@%: without INSERT on `unit`.*',
      ]);
    });

    it('on some columns only are none', async () => {
      expect((await grantLines("GRANT SELECT (id) ON unit.a TO some@'%'"))[0]).toMatch(/^problem/);
    });

    it('of a default role are in force; of one that is not enabled they are not, and it is said how', async () => {
      const role =
        "CREATE OR REPLACE ROLE carrier; GRANT SELECT, INSERT ON unit.* TO carrier; GRANT carrier TO some@'%'";
      expect(await grantLines(`${role}; SET DEFAULT ROLE carrier FOR some@'%'`)).toEqual([
        'ok: target user some@%: with SELECT on `unit`.*',
        'ok: target user some@%: with INSERT on `unit`.*',
      ]);
      const idle = await asUser('some', role, (user) => inspectGrants(user, 'target', needed));
      expect(idle.map(({ verdict }) => verdict)).toEqual(['problem', 'problem', 'warning']);
      expect(idle[2]?.fix).toBe("SET DEFAULT ROLE `carrier` FOR 'some'@'%'");
    });

    it('on a pattern of schemas count', async () => {
      expect(await grantLines("GRANT SELECT, INSERT ON `un%`.* TO some@'%'")).toEqual([
        'ok: target user some@%: with SELECT on `unit`.*',
        'ok: target user some@%: with INSERT on `unit`.*',
      ]);
    });
  });

  it('a system-versioned table is a problem', async () => {
    await connection.query('CREATE TABLE unit.v (id INT PRIMARY KEY) WITH SYSTEM VERSIONING');
    expect(linesOf(await inspectVersioning(connection, 'unit', ['a', 'v']))).toEqual([
      'problem: table unit.v: system versioned',
    ]);
  });

  it('E33 cascades are a problem at a source, keys across the border of the unit a warning at a target', async () => {
    await connection.query(
      `CREATE TABLE unit.b (id INT PRIMARY KEY, a INT, CONSTRAINT out_of FOREIGN KEY (a) REFERENCES a (id) ON DELETE SET NULL)`,
    );
    expect(linesOf(await inspectCascades(connection, 'unit', ['b']))).toEqual([
      'problem: foreign key out_of of unit.b: ON DELETE SET NULL ON UPDATE RESTRICT',
    ]);
    expect(linesOf(await inspectTargetKeys(connection, 'unit', ['b']))).toEqual([
      'warning: foreign key out_of of unit.b: references a, across the border of the unit',
    ]);
    expect(await inspectTargetKeys(connection, 'unit', ['a', 'b'])).toEqual([]);
  });

  it('triggers at a target are named, the fence’s own aside', async () => {
    await connection.query(
      `CREATE TRIGGER unit.notes AFTER INSERT ON unit.a FOR EACH ROW SET @x = 1;
       CREATE TRIGGER unit.banyan_fence_u_a_ins BEFORE INSERT ON unit.a FOR EACH ROW SET @x = 1`,
    );
    expect(linesOf(await inspectTriggers(connection, 'unit', ['a']))).toEqual([
      'warning: trigger unit.notes: AFTER INSERT ON a',
    ]);
  });

  it('scheduled jobs that name tables of the unit are named while the scheduler runs', async () => {
    await connection.query('CREATE EVENT unit.nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM unit.a WHERE id < 0');
    expect(linesOf(await inspectEvents(connection, 'source', 'unit', ['a']))[0]).toMatch(/^ok: source scheduled jobs/);
    await connection.query('SET GLOBAL event_scheduler=ON');
    expect(linesOf(await inspectEvents(connection, 'source', 'unit', ['a']))).toEqual([
      'warning: source event unit.nightly: names tables of the unit and runs by itself',
    ]);
    expect(linesOf(await inspectEvents(connection, 'source', 'unit', ['ab']))[0]).toMatch(/^ok/);
    await connection.query('SET GLOBAL event_scheduler=OFF');
  });

  it('zero dates that Debezium would change are counted, declared ones aside', async () => {
    await connection.query(
      `SET SESSION sql_mode=''; CREATE TABLE unit.d (id INT PRIMARY KEY, at DATETIME NOT NULL, day DATE NULL);
       INSERT INTO unit.d VALUES (1,'0000-00-00 00:00:00',NULL), (2,'0000-00-00 00:00:00','0000-00-00'), (3,'2026-11-21','2026-11-21')`,
    );
    const tables = await readCatalogue(connection, 'unit', ['d']);
    expect(linesOf(await inspectZeroDates(connection, tables, {}))).toEqual([
      'problem: zero dates in unit.d.at: 2 rows',
      'problem: zero dates in unit.d.day: 1 rows',
    ]);
    expect(linesOf(await inspectZeroDates(connection, tables, { d: ['at'] }))).toEqual([
      'problem: zero dates in unit.d.day: 1 rows',
    ]);
  });

  it('a mode that refuses the zero dates that columns default to is named', async () => {
    await connection.query(
      `SET SESSION sql_mode=''; CREATE TABLE unit.z (id INT PRIMARY KEY, at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00');
       SET GLOBAL sql_mode='STRICT_TRANS_TABLES,NO_ZERO_DATE'`,
    );
    const tables = await readCatalogue(connection, 'unit', ['z']);
    expect(linesOf([await inspectDateMode(connection, 'target', tables)])).toEqual([
      'warning: target sql_mode: refuses zero dates, 1 column(s) default to one: z.at',
    ]);
    await connection.query("SET GLOBAL sql_mode='STRICT_TRANS_TABLES'");
    expect(linesOf([await inspectDateMode(connection, 'target', tables)])[0]).toMatch(/^ok/);
  });

  describe('the pair of servers', () => {
    it('must have two numbers, and room for a row of the source', async () => {
      const [row] = (await connection.query('SELECT @@server_id AS id, @@max_allowed_packet AS bytes'))[0] as {
        id: number;
        bytes: number;
      }[];
      await second.query(`SET GLOBAL server_id=${row?.id}; SET GLOBAL max_allowed_packet=1048576`);
      const items = await inspectPair(connection, second);
      expect(linesOf(items, 'server_id')).toEqual([
        `problem: server_id of source and target: ${row?.id} and ${row?.id}`,
      ]);
      expect(linesOf(items, 'max_allowed_packet')).toEqual(['problem: target max_allowed_packet: 1048576']);
      expect(linesOf(await inspectPair(connection, connection), 'server_id')[0]).toMatch(/^ok: .* one server$/);
    });

    it('a clock that is off is named with its difference', async () => {
      const session = await openConnection(other.url());
      expect(linesOf(await inspectPair(connection, session), 'clock').every((line) => line.startsWith('ok'))).toBe(
        true,
      );
      await session.query('SET SESSION timestamp=UNIX_TIMESTAMP() + 90');
      const items = await inspectPair(connection, session);
      session.destroy();
      expect(linesOf(items, 'clock').map((line) => line.replace(/\d{5} ms/, '… ms'))).toEqual([
        expect.stringMatching(/^ok: clock of the source/),
        'warning: clock of the target against this machine: … ms',
        'warning: clock of the source against the target: -… ms',
      ]);
    });

    it('a disk too small for the copy is named where the server tells', async () => {
      const [unknown] = await inspectDisk(connection, second, 'unit', ['a']);
      expect(unknown).toMatchObject({ verdict: 'unknown', fix: "INSTALL SONAME 'disks'" });
      await second.query("INSTALL SONAME 'disks'");
      expect(linesOf(await inspectDisk(connection, second, 'unit', ['a']))[0]).toMatch(
        /^ok: target disk: \d+ MB free at /,
      );
    });
  });
});
