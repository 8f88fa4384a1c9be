import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openConnection, type Connection, type RowDataPacket } from '../../shared/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import { openConsistentView } from './source-snapshot.ts';

describe('a consistent view', () => {
  let server: MariaDb;
  let admin: Connection;

  beforeAll(async () => {
    server = await startMariaDb();
    admin = await openConnection(server.url());
    await admin.query('CREATE DATABASE log');
    await admin.query('CREATE TABLE log.numbered (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB');
  });
  afterAll(async () => {
    admin.destroy();
    await server.stop();
  });

  it('stands exactly where its position says, with writers at full speed', async () => {
    const base = sequenceOf(await headText());
    const writers = await Promise.all([1, 2, 3, 4].map(() => openConnection(server.url())));
    const stop = new AbortController();
    const writing = writers.map(async (writer) => {
      while (!stop.signal.aborted) await writer.query('INSERT INTO log.numbered VALUES ()');
    });
    for (let i = 0; i < 100; i++) {
      const view = await openConsistentView(server.url());
      const [rows] = await view.connection.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM log.numbered');
      // Every transaction inserts one row.
      expect(Number(rows[0]?.['n'])).toBe(Number((view.position.get(0)?.sequence ?? 0n) - base));
      view.close();
    }
    stop.abort();
    await Promise.all(writing);
    for (const writer of writers) writer.destroy();
  });

  async function headText(): Promise<string> {
    const [rows] = await admin.query<RowDataPacket[]>('SELECT @@GLOBAL.gtid_binlog_pos AS position');
    return String(rows[0]?.['position']);
  }

  function sequenceOf(gtid: string): bigint {
    return BigInt(gtid.split('-')[2] ?? 0);
  }
});
