import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openConnection } from '../../shared/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { inspectSource, inspectTarget } from './inspect.ts';
import { shopMapping, sourceTables, targetTables } from '../testing/shop.ts';
import { startWorld, type World } from '../testing/world.ts';

describe('a preflight', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
    await world.onSource.query("INSERT INTO shop.orders (id, code) VALUES (1, 'x')");
  });
  afterAll(() => world.close());

  const source = () => ({ url: world.source.url(), schema: 'shop', tables: [...sourceTables] });
  const target = () => ({ url: world.target.url(), schema: 'store', tables: [...targetTables] });

  it('finds nothing wrong with two good databases', async () => {
    expect(await inspectSource(source())).toEqual([]);
    expect(await inspectTarget({ ...target(), source: source(), maps: shopMapping.forward })).toEqual([]);
  });

  it('says in one problem which server cannot be reached, without the password', async () => {
    const problems = await inspectSource({ ...source(), url: 'mysql://u:s3cret@127.0.0.1:1/shop' });
    expect(problems.length).toBe(1);
    expect(problems[0]?.subject).toBe('source 127.0.0.1:1/shop');
    expect(JSON.stringify(problems)).not.toContain('s3cret');
  });

  it('lists missing grants with the statement that gives them', async () => {
    await world.onSource.query("CREATE USER poor@'%'");
    await world.onSource.query("GRANT SELECT ON shop.* TO poor@'%'");
    const problems = await inspectSource({ ...source(), url: world.source.url('poor') });
    expect(problems.map(({ fix }) => fix)).toEqual([
      "GRANT REPLICATION SLAVE ON *.* TO 'poor'@'%'",
      "GRANT REPLICATION CLIENT ON *.* TO 'poor'@'%'",
      "GRANT TRIGGER ON `shop`.* TO 'poor'@'%'",
      "GRANT SELECT ON `banyan`.* TO 'poor'@'%'",
      "GRANT INSERT ON `banyan`.* TO 'poor'@'%'",
      "GRANT UPDATE ON `banyan`.* TO 'poor'@'%'",
      "GRANT CREATE ON `banyan`.* TO 'poor'@'%'",
    ]);
  });

  it('names tables that cannot be carried', async () => {
    await world.onSource.query(`
      CREATE TABLE shop.keyless (a INT);
      CREATE TABLE shop.old (id INT PRIMARY KEY, at POINT) ENGINE=MyISAM;
      CREATE TABLE shop.child (id INT PRIMARY KEY, o BIGINT UNSIGNED,
        CONSTRAINT falls FOREIGN KEY (o) REFERENCES shop.orders (id) ON DELETE CASCADE)`);
    const problems = await inspectSource({ ...source(), tables: ['keyless', 'old', 'child', 'ghost'] });
    expect(problems.map(({ subject, value }) => `${subject}: ${value}`)).toEqual([
      'table shop.keyless: without a primary key',
      'table shop.old engine: MyISAM',
      'table shop.old column at: point',
      'table shop.ghost: missing',
      'foreign key falls of shop.child: ON DELETE CASCADE ON UPDATE RESTRICT',
    ]);
    await world.onSource.query('DROP TABLE shop.child');
  });

  it('tries the mapping on real rows against the tables of the target', async () => {
    await world.onTarget.query('ALTER TABLE store.purchase ADD UNIQUE KEY one_code (code), ADD COLUMN own INT NULL');
    const maps = {
      ...shopMapping.forward,
      orders: ({ id = null, code = null }) => [
        { table: 'purchase', key: { id }, columns: { code, colour: 'red' } },
        { table: 'elsewhere', key: { id }, columns: {} },
      ],
    };
    const problems = await inspectTarget({ ...target(), source: source(), maps });
    expect(problems.map(({ subject, value }) => `${subject}: ${value}`)).toEqual([
      'mapping: purchase.colour: does not exist (1 of the rows tried)',
      'mapping: purchase: has the unique key one_code and columns that are not mapped: note, state, updated_at, own (1 of the rows tried)',
      'mapping: purchase.state: is NOT NULL without a default, and the mapping does not give it (1 of the rows tried)',
      'mapping: purchase.updated_at: is NOT NULL without a default, and the mapping does not give it (1 of the rows tried)',
      "mapping: elsewhere: is not among the unit's tables price, purchase, item (1 of the rows tried)",
    ]);
    await world.onTarget.query('ALTER TABLE store.purchase DROP KEY one_code, DROP COLUMN own');
  });

  it('shows an error of the mapping without the row', async () => {
    const maps = {
      orders: () => {
        throw new Error('personal secret');
      },
    };
    const problems = await inspectTarget({ ...target(), source: source(), maps });
    expect(problems.map(({ subject, value }) => `${subject}: ${value}`)).toEqual([
      'mapping: orders: the mapping of orders throws: Error (1 of the rows tried)',
    ]);
  });
});

describe('a preflight of a server with defaults', () => {
  let server: MariaDb;

  beforeAll(async () => {
    server = await startMariaDb({
      flags: [
        '--binlog-format=MIXED',
        '--binlog-row-image=MINIMAL',
        '--binlog-row-metadata=NO_LOG',
        '--expire-logs-days=0',
        '--binlog-expire-logs-seconds=60',
      ],
    });
    const connection = await openConnection(server.url());
    await connection.query('CREATE DATABASE shop');
    connection.destroy();
  });
  afterAll(() => server.stop());

  it('lists every setting at once with the statement that changes it', async () => {
    const problems = await inspectSource({ url: server.url(), schema: 'shop', tables: [] });
    expect(problems.map(({ subject, value }) => `${subject} ${value}`)).toEqual([
      'source binlog_format MIXED',
      'source binlog_row_image MINIMAL',
      'source binlog_row_metadata NO_LOG',
      'source binlog_expire_logs_seconds 60',
    ]);
    expect(problems.every(({ fix, expected }) => fix !== '' && expected !== '')).toBe(true);
  });
});
