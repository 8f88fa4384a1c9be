import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Row, Value } from '../../change-event.ts';
import { defineMapping, type MapRow, type Mapping } from '../../mapping.ts';
import { shopMapping, sourceTables, targetTables } from '../../testing/shop.ts';
import { startWorld, type World } from '../../testing/world.ts';
import { checkMapping, type MappingCheck, type MappingCheckOptions } from './mapping-check.ts';

const states = ['new', 'paid', 'sent', 'back'];

/** One legacy table in which everything that can go wrong has a column. */
const ticketDdl = `
  CREATE TABLE shop.ticket (
    id INT UNSIGNED NOT NULL PRIMARY KEY,
    state ENUM('new','paid','sent','back','lost') NOT NULL DEFAULT 'new',
    channel VARCHAR(20) NOT NULL DEFAULT 'web',
    owner VARCHAR(40) NOT NULL DEFAULT '',
    weight DECIMAL(8,3) NOT NULL DEFAULT 0,
    seats INT NOT NULL DEFAULT 1,
    remark VARCHAR(200) NULL,
    scratch INT NULL
  ) ENGINE=InnoDB`;
const slipDdl = `
  CREATE TABLE store.slip (
    ref VARCHAR(20) NOT NULL PRIMARY KEY,
    state ENUM('new','paid','sent','back') NOT NULL,
    channel VARCHAR(20) NOT NULL,
    owner VARCHAR(10) NULL,
    weight DECIMAL(8,3) NOT NULL,
    seats TINYINT UNSIGNED NOT NULL,
    remark VARCHAR(200) CHARACTER SET latin1 NULL,
    desk INT NULL,
    CONSTRAINT few CHECK (seats < 200)
  ) ENGINE=InnoDB`;

const toSlip = ({
  id = null,
  state = null,
  channel = null,
  owner = null,
  weight = null,
  seats = null,
  remark = null,
}: Row) => ({
  table: 'slip',
  key: { ref: `T${String(id)}` },
  columns: { state, channel, owner, weight, seats, remark },
});
const fromSlip = ({
  ref = null,
  state = null,
  channel = null,
  owner = null,
  weight = null,
  seats = null,
  remark = null,
}: Row) => ({
  table: 'ticket',
  key: { id: Number(String(ref).slice(1)) },
  columns: { state, channel, owner, weight, seats, remark },
});

describe('a check of a mapping on real rows', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
    await world.onSource.query(ticketDdl);
    await world.onTarget.query(slipDdl);
  });
  beforeEach(async () => {
    await world.onSource.query('DELETE FROM shop.ticket');
    await world.onTarget.query('DELETE FROM store.slip');
  });
  afterAll(() => world.close());

  const check = (mapping: Partial<Mapping>, options: Partial<MappingCheckOptions> = {}): Promise<MappingCheck> =>
    checkMapping({
      direction: 'forward',
      mapping: {
        version: 1,
        forward: { ticket: (row) => [toSlip(row)] },
        inverse: { slip: (row) => [fromSlip(row)] },
        ...mapping,
      },
      legacy: { url: world.source.url(), schema: 'shop', tables: ['ticket'] },
      service: { url: world.target.url(), schema: 'store', tables: ['slip'] },
      ...options,
    });

  const linesOf = ({ findings }: MappingCheck): string[] =>
    findings.map(({ subject, message, rows, because, severity }) => {
      const values = because
        ? ` [${because.column}: ${because.values.map((v) => `${String(v.value)} ${v.rows}`).join(', ')}]`
        : '';
      return `${severity === 'warning' ? 'warning ' : ''}${subject} ${message} (${rows})${values}`;
    });

  async function tickets(values: readonly string[]): Promise<void> {
    const rows = values.map((value, i) => `(${i + 1}, ${value})`).join();
    await world.onSource.query(`INSERT INTO shop.ticket (id, state, channel, owner) VALUES ${rows}`);
  }

  it('finds nothing in the shop, there and back, from either side', async () => {
    await world.onSource
      .query(`INSERT INTO shop.orders (id, code, amount, note, deleted) VALUES (1,'a',0.05,NULL,0), (2,'b',12.30,'ü😀',1);
      INSERT INTO shop.\`lines\` VALUES (1,1,2),(1,2,5)`);
    const legacy = { url: world.source.url(), schema: 'shop', tables: [...sourceTables] };
    const service = { url: world.target.url(), schema: 'store', tables: [...targetTables] };
    const forward = await checkMapping({ direction: 'forward', mapping: shopMapping, legacy, service });
    expect(linesOf(forward)).toEqual([]);
    expect(forward).toMatchObject({ rows: 4, isComplete: true, isMeasured: true });
    expect(forward.tables.map(({ table, untouched }) => [table, untouched])).toEqual([
      ['lines', []],
      ['orders', ['legacy_flags']],
    ]);
    await world.onTarget.query(
      `INSERT INTO store.purchase VALUES (1,'a',NULL,'open','2026-11-21'); INSERT INTO store.price VALUES (1, 5);`,
    );
    const reverse = await checkMapping({ direction: 'reverse', mapping: shopMapping, legacy, service });
    expect(linesOf(reverse)).toEqual([]);
    expect(reverse.rows).toBe(2);
  });

  it('refuses a five-value column mapped with four, naming the fifth and its row count', async () => {
    await tickets(["'new','web',''", "'lost','web',''", "'lost','shop',''", "'paid','web',''"]);
    const forward: Mapping['forward'] = {
      ticket: (row) => {
        if (!states.includes(String(row['state']))) throw new RangeError('unknown state');
        return [toSlip(row)];
      },
    };
    expect(linesOf(await check({ forward }))).toEqual([
      'ticket the mapping of ticket throws: RangeError (2) [state: lost 2]',
    ]);
  });

  it('names the fifth value just so when a look-up gives undefined, the target refuses it, or it comes back as another', async () => {
    await tickets(["'new','web',''", "'lost','web',''", "'sent','web',''"]);
    const codes: Record<string, string> = { new: 'new', paid: 'paid', sent: 'sent', back: 'back' };
    const byLookup: MapRow = (row) => [
      { ...toSlip(row), columns: { ...toSlip(row).columns, state: codes[String(row['state'])] as Value } },
    ];
    const byDefault: MapRow = (row) => [
      { ...toSlip(row), columns: { ...toSlip(row).columns, state: codes[String(row['state'])] ?? 'back' } },
    ];
    expect(linesOf(await check({ forward: { ticket: byLookup } }))).toEqual([
      'ticket the mapping of ticket gives undefined for slip.state (1) [state: lost 1]',
    ]);
    expect(linesOf(await check({}))).toEqual([
      "slip.state is given something else than a member of enum('new','paid','sent','back') (1) [state: lost 1]",
    ]);
    const changed = await check({ forward: { ticket: byDefault } });
    expect(linesOf(changed)).toEqual(['ticket.state comes back as another value (1) [state: lost 1]']);
    expect(changed.findings[0]?.blocksRollback).toBe(true);
  });

  it('warns of a member that no row holds yet and the mapping would not take', async () => {
    await tickets(["'new','web',''"]);
    const forward: Mapping['forward'] = {
      ticket: (row) => {
        if (row['state'] === 'lost') throw new RangeError('unknown state');
        return [toSlip(row)];
      },
    };
    expect(linesOf(await check({ forward }))).toEqual([
      "warning ticket.state may hold 'lost', which no row holds now and the mapping does not take (0)",
    ]);
  });

  it('names values of a text column only where the mapping declares it a category', async () => {
    await tickets(["'new','web',''", "'new','phone',''"]);
    const forward: Mapping['forward'] = {
      ticket: (row) => {
        if (row['channel'] === 'phone') throw new RangeError('unknown channel');
        return [toSlip(row)];
      },
    };
    expect(linesOf(await check({ forward }))).toEqual(['ticket the mapping of ticket throws: RangeError (1)']);
    expect(linesOf(await check({ forward, categories: { ticket: ['channel'] } }))).toEqual([
      'ticket the mapping of ticket throws: RangeError (1) [channel: phone 1]',
    ]);
  });

  it('counts what the target’s columns do not keep: width, range, digits, characters, NULL, CHECK', async () => {
    await world.onSource.query(
      `INSERT INTO shop.ticket (id, owner, seats, remark) VALUES (1,'short',1,'fine'), (2,'much too long a name',1,NULL),
         (3,'',300,NULL), (4,'',250,NULL), (5,'',-1,NULL), (6,'',1,'雪 and more')`,
    );
    expect(linesOf(await check({})).toSorted()).toEqual([
      'slip breaks the CHECK constraint few (2)',
      'slip.owner is given longer text than varchar(10) holds (1)',
      'slip.remark is given characters that its character set latin1 lacks (1)',
      'slip.seats is given a number outside the range of tinyint(3) unsigned (1)',
    ]);
    const forward: Mapping['forward'] = {
      ticket: (row) => [
        {
          ...toSlip(row),
          columns: { ...toSlip(row).columns, owner: '', seats: 1, remark: null, channel: null, weight: '1.2345' },
        },
      ],
    };
    expect(linesOf(await check({ forward })).toSorted()).toEqual([
      'slip.channel is given NULL and is NOT NULL (6)',
      'slip.weight is given more digits than decimal(8,3) keeps (6)',
    ]);
  });

  it('names required target columns that nobody gives, and tables and columns that do not exist', async () => {
    await tickets(["'new','web',''"]);
    const forward: Mapping['forward'] = {
      ticket: ({ id = null }) => [
        {
          table: 'slip',
          key: { ref: `T${String(id)}` },
          columns: { state: 'new', channel: 'web', weight: '0', colour: 'red' },
        },
        { table: 'elsewhere', key: { id }, columns: {} },
      ],
    };
    expect(linesOf(await check({ forward })).toSorted()).toEqual([
      "elsewhere is not among the unit's tables slip (1)",
      'slip.colour does not exist (1)',
      'slip.seats is NOT NULL without a default, and the mapping does not give it (1)',
    ]);
  });

  it('counts two rows that take one key, also where only the target’s collation calls them equal', async () => {
    await tickets(["'new','web','Ann'", "'new','web','ann'", "'new','web','Bo'"]);
    const forward: Mapping['forward'] = { ticket: (row) => [{ ...toSlip(row), key: { ref: row['owner'] ?? null } }] };
    const lossy = { ticket: { '*': 'only keys are looked at' } };
    expect(linesOf(await check({ forward, lossy }))).toEqual([
      'slip (ref) would take a place that another row of the source takes too, by its primary key and collation (1)',
    ]);
  });

  it('wants a reason for a column that is read and does not come back', async () => {
    await tickets(["'new','web','Ann'", "'paid','web',''"]);
    const inverse: Mapping['inverse'] = {
      slip: (row) => {
        const { owner: _, ...columns } = fromSlip(row).columns;
        return [{ ...fromSlip(row), columns }];
      },
    };
    const refused = await check({ inverse });
    expect(linesOf(refused)).toEqual(['ticket.owner is read by the mapping and never comes back (2)']);
    expect(refused.tables[0]?.untouched).toEqual(['scratch']);
    const reasoned = await check({ inverse, lossy: { ticket: { owner: 'shown nowhere' } } });
    expect(linesOf(reasoned)).toEqual([]);
    expect(reasoned.tables[0]?.lossy).toEqual([{ column: 'owner', reason: 'shown nowhere', rows: 2 }]);
  });

  it('warns of a reason that nothing needs any more', async () => {
    await tickets(["'new','web','Ann'"]);
    expect(linesOf(await check({ lossy: { ticket: { owner: 'shown nowhere' } } }))).toEqual([
      'warning ticket.owner is declared lossy, and every row gives it back (0)',
    ]);
  });

  it('counts from the service’s side what legacy cannot hold: rollback is blocked by it', async () => {
    await world.onTarget.query(`INSERT INTO store.slip (ref, state, channel, owner, weight, seats) VALUES
      ('T1','new','web',NULL,1,1), ('T2','new','web','ok',1,1), ('Tx','new','web','ok',1,1)`);
    const reverse = await check({}, { direction: 'reverse' });
    expect(linesOf(reverse).toSorted()).toEqual([
      'slip the mapping of slip gives a number that is not finite for ticket.id; expected text, a finite number, bytes or null (1)',
      'ticket.owner is given NULL and is NOT NULL (1)',
    ]);
    expect(reverse.findings.every(({ blocksRollback }) => blocksRollback)).toBe(true);
  });

  it('counts unique values of legacy that rows born in the service would take', async () => {
    await world.onSource.query('ALTER TABLE shop.ticket DROP COLUMN scratch, ADD UNIQUE KEY one_owner (owner)');
    await tickets(["'lost','web','Ann'"]);
    await world.onTarget.query(
      `INSERT INTO store.slip (ref, state, channel, owner, weight, seats) VALUES ('T7','new','web','ann',1,1), ('T8','new','web','Bo',1,1)`,
    );
    const forward: Mapping['forward'] = { ticket: (row) => (row['state'] === 'lost' ? [] : [toSlip(row)]) };
    expect(linesOf(await check({ forward }, { direction: 'reverse' }))).toEqual([
      'ticket (owner) would take a place that a row of legacy holds which never moved, by its unique key one_owner and collation (1)',
    ]);
    expect((await check({ forward })).tables[0]).toMatchObject({ rows: 1, filtered: 1 });
    await world.onSource.query('ALTER TABLE shop.ticket DROP KEY one_owner, ADD COLUMN scratch INT NULL');
  });

  it('names columns that legacy requires and no inverse gives: rows born in the service could not go back', async () => {
    await tickets(["'new','web','Ann'"]);
    await world.onSource.query('ALTER TABLE shop.ticket ADD COLUMN branch INT NOT NULL');
    expect(linesOf(await check({}))).toEqual([
      'ticket.branch is NOT NULL without a default, and the inverse does not give it (1)',
    ]);
    await world.onSource.query('ALTER TABLE shop.ticket DROP COLUMN branch');
  });

  it('names a derived table whose SQL the target does not understand, and a table it forgot', async () => {
    const derived = { slip: { key: ['ref'], select: 'SELECT nothing FROM slip', affected: {} } };
    const { findings } = await check({ derived: { ...derived, ghost: derived.slip } });
    expect(findings.map(({ message }) => message)).toContain(
      "derived table ghost is not among the unit's target tables",
    );
    const { findings: sql } = await check({ derived });
    expect(sql.map(({ subject }) => subject)).toContain('slip select');
  });

  it('takes a sample from both ends of the key, and says that it was one', async () => {
    await tickets(Array.from({ length: 50 }, (_, i) => `'${i === 49 ? 'lost' : 'new'}','web',''`));
    const sample = await check({}, { sampleRows: 10 });
    expect(sample).toMatchObject({ rows: 10, isComplete: false });
    expect(sample.findings).toHaveLength(1);
  });

  it('says that it could not try the target’s columns, and with which statement it could', async () => {
    await tickets(["'lost','web',''"]);
    await world.onTarget.query(
      `CREATE USER IF NOT EXISTS poor@'%'; GRANT SELECT ON store.* TO poor@'%'; GRANT SELECT ON banyan.* TO poor@'%'`,
    );
    const service = { url: world.target.url('poor'), schema: 'store', tables: ['slip'] };
    const result = await check({}, { service });
    expect(result.isMeasured).toBe(false);
    expect(result.findings.map(({ kind, fix }) => [kind, fix])).toEqual([
      ['unmeasured', 'GRANT CREATE TEMPORARY TABLES ON banyan.* TO this user'],
    ]);
  });

  it('ends at an abort with what it has found, and says so', async () => {
    await tickets(["'lost','web',''"]);
    const aborted = await check({}, { signal: AbortSignal.abort() });
    expect(aborted).toMatchObject({ rows: 0, isComplete: false });
  });

  it('leaves nothing behind at the target and never shows a value of free text', async () => {
    await tickets(["'new','web','personal secret'"]);
    const result = await check({});
    expect(JSON.stringify(result)).not.toContain('personal');
    const [rows] = await world.onTarget.query(`SHOW TABLES FROM banyan LIKE 'check%'`);
    expect(rows).toEqual([]);
    expect(defineMapping(shopMapping)).toBe(shopMapping);
  });
});
