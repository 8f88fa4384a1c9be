import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openConnection, systemClock, type Connection } from '../../shared/index.ts';
import { startMariaDb, type MariaDb } from '../../stack/index.ts';
import type { Row } from '../change-event.ts';
import { readCatalogue, type TableInfo } from './catalogue.ts';
import { streamPages, type PageLimits, type RowPage } from './row-stream.ts';

const never = new AbortController().signal;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Memory that something still holds; what waits for the collector depends on the machine. */
function heldMb(): number {
  collectGarbage();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return (arrayBuffers + heapUsed) / 1024 / 1024;
}

async function allOf(pages: AsyncIterable<RowPage>): Promise<RowPage[]> {
  const all: RowPage[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

describe('pages of a held-back stream', () => {
  let server: MariaDb;
  let admin: Connection;

  beforeAll(async () => {
    server = await startMariaDb({ flags: ['--max-allowed-packet=256M', '--innodb-log-file-size=512M'] });
    admin = await openConnection(server.url(), { multipleStatements: true });
    await admin.query(
      `CREATE DATABASE log; USE log;
       CREATE TABLE narrow (a INT, b VARCHAR(10) COLLATE utf8mb4_general_ci, PRIMARY KEY (a, b));
       CREATE TABLE wide (id INT PRIMARY KEY, body LONGBLOB);
       INSERT INTO narrow SELECT seq DIV 3, ELT(1 + seq % 3, 'a', 'B', 'c') FROM seq_1_to_1000;
       INSERT INTO wide SELECT seq, IF(seq % 4 = 0, REPEAT('x', 16 * 1024 * 1024), 'y') FROM seq_1_to_96`,
    );
  });
  afterAll(async () => {
    admin.destroy();
    await server.stop();
  });

  async function pagesOf(name: string, limits: PageLimits, options: { after?: Row; signal?: AbortSignal } = {}) {
    const table = (await readCatalogue(admin, 'log', [name])).get(name) as TableInfo;
    const reader = await openConnection(server.url());
    const pages = streamPages(reader, table, { limits, after: undefined, signal: never, ...options });
    return { pages, reader };
  }

  it('come in key order, each complete, to the last row', async () => {
    const { pages, reader } = await pagesOf('narrow', { rows: 64, bytes: 1e9 });
    const all = (await allOf(pages)).map(({ rows }) => rows);
    expect(all.map((rows) => rows.length)).toEqual([...Array.from({ length: 15 }, () => 64), 40]);
    const keys = all.flat().map(({ a, b }) => Number(a) * 10 + 'aBc'.indexOf(String(b)));
    expect(keys).toEqual(keys.toSorted((x, y) => x - y));
    reader.destroy();
  });

  it('go on behind any key, as the column’s collation orders them', async () => {
    const { pages, reader } = await pagesOf('narrow', { rows: 1000, bytes: 1e9 }, { after: { a: 100, b: 'A' } });
    const [page] = await allOf(pages);
    expect(page?.rows[0]).toEqual({ a: 100, b: 'B' });
    reader.destroy();
  });

  it('hold no more than a few rows however wide they are', async () => {
    const { pages, reader } = await pagesOf('wide', { rows: 1000, bytes: 1024 * 1024 });
    let peakMb = 0;
    const before = heldMb();
    const sizes: number[] = [];
    for await (const { rows, bytes } of pages) {
      sizes.push(rows.length);
      expect(bytes).toBeLessThan(17 * 1024 * 1024);
      await systemClock.sleep(20);
      peakMb = Math.max(peakMb, heldMb() - before);
    }
    expect(sizes).toEqual(Array.from({ length: 24 }, () => 4));
    // The table holds 384 MB; a page in hand, one that waits and one on its way are 16 MB each, some twice.
    expect(peakMb).toBeLessThan(128);
    reader.destroy();
  });

  it('end with an error when the connection is cut or the reader is told to stop', async () => {
    const { pages, reader } = await pagesOf('wide', { rows: 1, bytes: 1 });
    await pages.next();
    await admin.query(`KILL ${reader.threadId}`);
    await expect(allOf(pages)).rejects.toMatchObject({ code: 'PROTOCOL_CONNECTION_LOST' });
    const told = await pagesOf('wide', { rows: 1, bytes: 1 }, { signal: AbortSignal.timeout(50) });
    const reading = async (): Promise<void> => {
      for await (const page of told.pages) await systemClock.sleep(20 * page.rows.length);
    };
    await expect(reading()).rejects.toMatchObject({ name: 'TimeoutError' });
    told.reader.destroy();
    const late = await pagesOf('wide', { rows: 1, bytes: 1 }, { signal: AbortSignal.abort() });
    await expect(late.pages.next()).rejects.toMatchObject({ name: 'AbortError' });
    late.reader.destroy();
  });
});
