import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { silentLog, type Connection, type RowDataPacket } from '../../shared/index.ts';
import { createBinlogChangeSource } from '../source/binlog-change-source.ts';
import type { Stream } from '../stream/stream.ts';
import {
  wordMapping,
  wordSourceDdl,
  wordSourceTables,
  wordTargetDdl,
  wordTargetTables,
} from '../testing/vocabulary.ts';
import { caughtUp, startWorld, type World } from '../testing/world.ts';
import { verify } from '../verify/verify.ts';
import { checkMapping } from './check/mapping-check.ts';

/** What each target table must hold, said once more in SQL over the source: the mapping itself is not asked. */
const oracle: Readonly<Record<string, readonly [actual: string, expected: string]>> = {
  split: ['SELECT account_id, street, city FROM address', 'SELECT id, street, city FROM customer WHERE active = 1'],
  'rename and filter': ['SELECT id, email FROM account', 'SELECT id, login FROM customer WHERE active = 1'],
  'type change and look-up': [
    'SELECT id, cents, room, CAST(arrives AS CHAR) FROM stay',
    `SELECT CONCAT('S-', id), CAST(price * 100 AS SIGNED), ELT(FIELD(room, 'S', 'D', 'F'), 'single', 'double', 'family'),
       CONCAT(arrives, ' 00:00:00') FROM booking`,
  ],
  join: [
    'SELECT booking_id, guest, price FROM stay_card',
    'SELECT b.id, c.login, b.price FROM booking b LEFT JOIN customer c ON c.id = b.customer_id',
  ],
};

const id = fc.integer({ min: 1, max: 6 });
const text = fc.constantFrom("'a'", "'Ä'", "'b ''c'''", 'NULL');
const statement = fc.oneof(
  fc.tuple(id, text, text, fc.constantFrom(0, 1)).map(([key, street, city, active]) => {
    return `REPLACE INTO customer VALUES (${key}, CONCAT('user', ${key}), ${street}, ${city}, ${active})`;
  }),
  fc.tuple(id, fc.option(id), fc.constantFrom('S', 'D', 'F')).map(([key, customer, room]) => {
    return `REPLACE INTO booking VALUES (${key}, ${customer ?? 'NULL'}, ${key}.50, '${room}', '2026-11-2${key}')`;
  }),
  id.map((key) => `DELETE FROM customer WHERE id = ${key}`),
  id.map((key) => `DELETE FROM booking WHERE id = ${key}`),
  id.map((key) => `UPDATE customer SET login = CONCAT(login, 'x') WHERE id >= ${key}`),
  id.map((key) => `UPDATE booking SET customer_id = ${key}, price = price + 1`),
  fc.tuple(id, id).map(([from, to]) => `UPDATE IGNORE customer SET id = ${to} WHERE id = ${from}`),
);
const transactions = fc.array(fc.array(statement, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });

describe('the words of a mapping', () => {
  let world: World;
  let stream: Stream;

  beforeAll(async () => {
    world = await startWorld();
    await world.onSource.query(`${wordSourceDdl}; USE shop`);
    await world.onTarget.query(`${wordTargetDdl}; USE store`);
    await world.onSource.query(
      `INSERT INTO customer VALUES (1,'user1','a','b',1), (2,'user2',NULL,NULL,0); INSERT INTO booking VALUES (1,1,1.50,'S','2026-11-21')`,
    );
    stream = world.forward({
      name: 'words',
      source: createBinlogChangeSource({
        databaseUrl: world.source.url(),
        schema: 'shop',
        tables: [...wordSourceTables],
        log: silentLog,
      }),
      maps: wordMapping.forward,
      targetTables: [...wordTargetTables],
      ...(wordMapping.derived && { derived: wordMapping.derived }),
    });
    await stream.start();
    await stream.whenStreaming();
  });
  afterAll(() => world.close());

  async function sorted(connection: Connection, sql: string): Promise<string[]> {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows
      .map((row) => JSON.stringify(Object.values(row).map((value) => (value === null ? null : String(value)))))
      .toSorted();
  }

  async function expectOracle(): Promise<void> {
    for (const [word, [actual, expected]] of Object.entries(oracle))
      expect([word, await sorted(world.onTarget, actual)]).toEqual([word, await sorted(world.onSource, expected)]);
  }

  it('hold after the first copy', async () => {
    await expectOracle();
  });

  it('hold after every transaction of random histories', async () => {
    await fc.assert(
      fc.asyncProperty(transactions, async (history) => {
        for (const statements of history) {
          await world.onSource.query(['START TRANSACTION', ...statements, 'COMMIT'].join(';'));
          expect(await caughtUp(stream, world.onSource)).toBe(true);
          await expectOracle();
        }
      }),
      { numRuns: 25, seed: 20261121 },
    );
  });

  it('are verified, the join among them', async () => {
    const { derived } = wordMapping;
    const options = { ...world.verifyOptions(stream), targetTables: [...wordTargetTables], maps: wordMapping.forward };
    const { inverse: _, ...sides } = options;
    const verification = await verify({ ...sides, ...(derived && { derived }) });
    expect(verification).toMatchObject({ wrong: 0, findings: [] });
    await world.onTarget.query(`REPLACE INTO stay_card VALUES (99, 'nobody', 1)`);
    const again = await verify({ ...sides, ...(derived && { derived }) });
    expect(again.findings.map(({ table, kind }) => `${table} ${kind}`)).toEqual(['stay_card extra']);
    await world.onTarget.query('DELETE FROM stay_card WHERE booking_id = 99');
  });

  it('pass the check of the mapping, from both sides', async () => {
    const legacy = { url: world.source.url(), schema: 'shop', tables: [...wordSourceTables] };
    const service = { url: world.target.url(), schema: 'store', tables: [...wordTargetTables] };
    for (const direction of ['forward', 'reverse'] as const) {
      const { findings, isComplete } = await checkMapping({ direction, mapping: wordMapping, legacy, service });
      expect(findings.filter(({ severity }) => severity === 'problem')).toEqual([]);
      expect(isComplete).toBe(true);
    }
  });
});
