import { once } from 'node:events';
import { createServer, get as httpGet, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createConnection, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource, EntitySchema } from 'typeorm';
import { fetch, request } from 'undici';
import type { EffectReport, RewindRow, ShadowAnswer } from '../edge/shadow-writes/contract.ts';
import { silentLog, systemClock } from '../shared/index.ts';
import { useMariaDb, type TestDatabase } from '../test/support/index.ts';
import { openDryRuns, type DryRuns } from './index.ts';

interface Note {
  readonly id: string;
  readonly text: string;
  readonly seen: number;
}

const NoteEntity = new EntitySchema<Note>({
  name: 'Note',
  tableName: 'note',
  columns: {
    id: { type: 'bigint', primary: true, generated: 'increment' },
    text: { type: 'varchar', length: 50 },
    seen: { type: 'int', default: 0 },
  },
});

type Handler = (request: IncomingMessage) => Promise<unknown>;

let db: TestDatabase;
let database: DataSource;
let runs: DryRuns;
let server: Server;
let url: string;
let handler: Handler = () => Promise.resolve({});
const others: Server[] = [];
afterAll(async () => {
  await runs.close();
  await database.destroy();
  server.closeAllConnections();
  server.close();
});
const maria = useMariaDb();

beforeAll(async () => {
  db = await maria.createDatabase(`
    CREATE TABLE note (id BIGINT PRIMARY KEY AUTO_INCREMENT, text VARCHAR(50) NOT NULL, seen INT NOT NULL DEFAULT 0);
    CREATE TABLE old_note (id INT PRIMARY KEY, text VARCHAR(50)) ENGINE=MyISAM;
    CREATE TABLE pair (a INT, b INT, x VARBINARY(4), PRIMARY KEY (a, b));
    CREATE TABLE loose (a INT);
    INSERT INTO note VALUES (1, 'one', 0), (2, 'two', 0);
    INSERT INTO pair VALUES (1, 1, X'FF00')`);
  const options = { type: 'mariadb', url: db.url, supportBigNumbers: true, bigNumberStrings: true } as const;
  database = await new DataSource({ ...options, entities: [NoteEntity] }).initialize();
  runs = await openDryRuns({ database, dryRunUrl: db.url, timeoutMs: 1000, log: silentLog });
  server = await serve((req, res) =>
    runs.step(req, res, () => {
      handler(req).then(
        (body) => res.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
        (error: unknown) => res.writeHead(500).end(String(error)),
      );
    }),
  );
  url = urlOf(server);
});
afterEach(async () => {
  for (const other of others.splice(0)) other.close();
  expect(await db.sql('SELECT id, text, seen FROM note')).toEqual([
    { id: '1', text: 'one', seen: 0 },
    { id: '2', text: 'two', seen: 0 },
  ]);
});

async function serve(listener: RequestListener): Promise<Server> {
  const listening = createServer(listener).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return listening;
}

function urlOf(listening: Server): string {
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

interface Outcome {
  readonly status: number;
  readonly ack: string | string[] | undefined;
  readonly answer: ShadowAnswer;
  readonly body: string;
}

async function send(wish: string, work: Handler, headers: Record<string, string> = {}): Promise<Outcome> {
  handler = work;
  const answer = await request(`${url}/`, { method: 'POST', headers: { 'x-banyan-shadow': wish, ...headers } });
  const sent = await answer.body.text();
  const kept = (sent === '' ? {} : JSON.parse(sent)) as ShadowAnswer;
  const body = Buffer.from(kept.body ?? '', 'base64').toString();
  return { status: answer.statusCode, ack: answer.headers['x-banyan-shadow-ack'], answer: kept, body };
}

async function effects(work: Handler, headers?: Record<string, string>): Promise<EffectReport> {
  const { ack, answer, body } = await send('dry-run', work, headers);
  expect([ack, answer.status, answer.status === 200 ? '' : body]).toEqual(['rolled-back', 200, '']);
  return answer.effects as EffectReport;
}

describe('a dry run', () => {
  it('shows what entities, query builder and plain SQL have changed, and leaves no row', async () => {
    const report = await effects(async () => {
      await database.transaction(async (manager) => {
        const made = await manager.getRepository(NoteEntity).save({ text: 'three' });
        await manager.update(NoteEntity, { id: made.id }, { seen: 4 });
      });
      await database
        .createQueryBuilder()
        .update(NoteEntity)
        .set({ text: () => 'UPPER(text)' })
        .where('id < 3')
        .execute();
      await database.query('INSERT INTO pair (a, b, x) VALUES ?', [
        [
          [2, 1, Buffer.from('ab')],
          [2, 2, Buffer.of(255)],
        ],
      ]);
      return database.query('DELETE FROM pair WHERE a = ?', [1]);
    });
    const id = expect.stringMatching(/^\d+$/);
    expect(report.rows).toEqual([
      { table: 'note', key: { id }, before: null, after: { id, text: 'three', seen: '4' } },
      ...[
        ['1', 'one'],
        ['2', 'two'],
      ].map(([key = '', said = '']) => ({
        table: 'note',
        key: { id: key },
        before: { id: key, text: said, seen: '0' },
        after: { id: key, text: said.toUpperCase(), seen: '0' },
      })),
      { table: 'pair', key: { a: '2', b: '1' }, before: null, after: { a: '2', b: '1', x: 'ab' } },
      { table: 'pair', key: { a: '2', b: '2' }, before: null, after: { a: '2', b: '2', x: { hex: 'ff' } } },
      { table: 'pair', key: { a: '1', b: '1' }, before: { a: '1', b: '1', x: { hex: 'ff00' } }, after: null },
    ]);
    expect(report.unseen).toEqual([]);
    expect(await db.sql('SELECT a FROM pair')).toHaveLength(1);
  });

  it('takes numbers of AUTO_INCREMENT that no rollback gives back', async () => {
    const next = async (): Promise<number> => {
      const [row] = await db.sql<{ n: number }>(
        `SELECT AUTO_INCREMENT AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'note'`,
      );
      return Number(row?.n);
    };
    const before = await next();
    await effects(() => database.getRepository(NoteEntity).insert({ text: 'x' }));
    expect(await next()).toBe(before + 1);
  });

  it('answers as the handler would, and its handler sees its own rows', async () => {
    const { body, answer } = await send('dry-run', async () => {
      const { identifiers } = await database.getRepository(NoteEntity).insert({ text: 'mine' });
      return database.getRepository(NoteEntity).findOneBy({ id: identifiers[0]?.['id'] as string });
    });
    expect(JSON.parse(body)).toMatchObject({ text: 'mine', seen: 0 });
    expect(answer.headers).toEqual(['content-type', 'application/json']);
  });

  it('begins with the rows that it is told of, and shows them unchanged', async () => {
    const rows: RewindRow[] = [
      { table: 'note', key: { id: '1' }, columns: null },
      { table: 'note', key: { id: '2' }, columns: { text: 'before' } },
      { table: 'note', key: { id: '9' }, columns: { text: 'gone', seen: '3' } },
    ];
    const rewind = Buffer.from(JSON.stringify(rows)).toString('base64url');
    let found: unknown;
    const work = async (): Promise<void> => void (found = await database.query('SELECT * FROM note ORDER BY id'));
    const report = await effects(work, { 'x-banyan-shadow-rewind': rewind });
    expect(found).toEqual([
      { id: '2', text: 'before', seen: 0 },
      { id: '9', text: 'gone', seen: 3 },
    ]);
    expect(report.rows).toEqual([]);
  });

  it.each<[string, Handler]>([
    ['COMMIT', () => database.query('COMMIT')],
    ['a change of tables', () => database.query('ALTER TABLE note ADD c INT')],
    ['two statements', () => database.query('SELECT 1; COMMIT')],
    ['a table that cannot roll back', () => database.query("INSERT INTO old_note VALUES (1, 'x')")],
  ])('refuses %s, and nothing comes of what was done before', async (_, work) => {
    const { ack, answer, body } = await send('dry-run', async () => {
      await database.getRepository(NoteEntity).insert({ text: 'x' });
      return work({} as IncomingMessage);
    });
    expect([ack, answer.status]).toEqual(['rolled-back', 500]);
    expect(body).toContain('a dry run may not do this');
    expect(await db.sql('SELECT id FROM old_note')).toEqual([]);
  });

  it('is held by the database itself when something gets past the reader of statements', async () => {
    const connection = await maria.server
      .sql(`XA START 'x'; INSERT INTO ${db.name}.note (text) VALUES ('x'); COMMIT`)
      .catch((error: unknown) => String(error));
    expect(connection).toContain('XAER_RMFAIL');
  });

  it('says of what it has not seen', async () => {
    const report = await effects(async () => {
      await database.query('UPDATE note JOIN pair ON id = a SET note.text = "x"');
      await database.query('INSERT INTO loose VALUES (1)');
    });
    expect(report.unseen).toEqual(['UPDATE NOTE', 'insert loose']);
    expect(await db.sql('SELECT a FROM loose')).toEqual([]);
  });

  it('lets nothing be written after the answer', async () => {
    let after: Promise<unknown> | undefined;
    await effects(() => {
      after = systemClock.sleep(50).then(() => database.getRepository(NoteEntity).insert({ text: 'late' }));
      after.catch(() => undefined);
      return Promise.resolve({});
    });
    await expect(after).rejects.toThrow('a statement after the answer');
  });

  it('that takes too long is rolled back and told as not done', async () => {
    const { status, ack } = await send('dry-run', async () => {
      await database.getRepository(NoteEntity).insert({ text: 'x' });
      await new Promise(() => undefined);
    });
    expect([status, ack]).toEqual([503, 'refused']);
  });

  it('leaves other requests alone', async () => {
    const [inside, outside] = await Promise.all([
      effects(async () => {
        await database.getRepository(NoteEntity).insert({ text: 'x' });
        await systemClock.sleep(100);
      }),
      systemClock.sleep(50).then(() => database.query('SELECT COUNT(*) AS n FROM note')),
    ]);
    expect([inside.rows.length, outside]).toEqual([1, [{ n: '2' }]]);
  });
});

describe('calls to others', () => {
  it('are recorded and not sent, whatever makes them', async () => {
    const seen: string[] = [];
    const other = await serve((req, res) => void res.end(String(seen.push(req.url ?? ''))));
    others.push(other);
    const there = urlOf(other);
    const report = await effects(async () => {
      const told = await fetch(`${there}/a?rider=7`, { method: 'POST', body: 'x' });
      await (await request(`${there}/b`, { method: 'PUT', body: 'y' })).body.text();
      const plain = await new Promise<IncomingMessage>((resolve) => void httpGet(`${there}/c`, resolve));
      return [await told.json(), await text(plain)];
    });
    expect(seen).toEqual([]);
    expect(report.calls).toEqual([
      { method: 'POST', url: `${there}/a` },
      { method: 'PUT', url: `${there}/b` },
      { method: 'GET', url: `${there}/c` },
    ]);
    expect(await (await fetch(`${there}/d`)).text()).toBe('1');
  });

  it('by other clients find no connection', async () => {
    const other = await serve((_req, res) => void res.end());
    others.push(other);
    const { port } = other.address() as AddressInfo;
    const report = await effects(async () => {
      const socket = createConnection({ port, host: '127.0.0.1' });
      await once(socket, 'error');
    });
    expect(report.refused).toEqual([`127.0.0.1:${port}`]);
  });
});

describe('a validation', () => {
  it('ends where something would be changed', async () => {
    const { ack, answer } = await send('validate', () => database.getRepository(NoteEntity).insert({ text: 'x' }));
    expect([ack, answer]).toEqual(['validated', { status: 202, headers: [], body: '' }]);
  });

  it('tells what the handler says before that', async () => {
    const { ack, answer, body } = await send('validate', () => Promise.resolve({ error: 'text is required' }));
    expect([ack, answer.status, body]).toEqual(['validated', 200, '{"error":"text is required"}']);
  });
});

describe('the contract', () => {
  it('answers a probe, and refuses what it does not know', async () => {
    const never: Handler = () => Promise.reject(new Error('called'));
    expect(await send('probe', never)).toMatchObject({ status: 204, ack: 'ready' });
    expect(await send('something-new', never)).toMatchObject({ status: 501, ack: 'refused' });
  });
});
