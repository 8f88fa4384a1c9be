import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../shared/index.ts';
import { processesNaming } from '../test/support/index.ts';
import { startMariaDb, type MariaDb, type MariaDbOptions } from './index.ts';

const started: MariaDb[] = [];
const start = async (options?: MariaDbOptions): Promise<MariaDb> => {
  const server = await startMariaDb(options);
  started.push(server);
  return server;
};
const folderOf = (server: { socket: string }): string => dirname(server.socket);

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});

describe('a private MariaDB', () => {
  it('answers queries with a complete row log, utf8mb4 and UTC', async () => {
    const server = await start();
    const [settings] = await server.sql(
      `SELECT @@binlog_format AS format, @@binlog_row_image AS image, @@binlog_row_metadata AS metadata,
              @@gtid_strict_mode AS strict, @@character_set_server AS charset, @@time_zone AS zone, @@log_bin AS log`,
    );
    const text = { format: 'ROW', image: 'FULL', metadata: 'FULL', charset: 'utf8mb4', zone: '+00:00' };
    expect(settings).toEqual({ ...text, strict: '1', log: '1' });
  });

  it('takes a server id, extra flags and durable commits', async () => {
    const server = await start({ serverId: 77, flags: ['--binlog-row-image=MINIMAL'], durable: true });
    const [settings] = await server.sql(
      `SELECT @@server_id AS id, @@binlog_row_image AS image, @@sync_binlog AS sync, @@innodb_flush_log_at_trx_commit AS f`,
    );
    expect(settings).toEqual({ id: '77', image: 'MINIMAL', sync: '1', f: '1' });
  });

  it('starts several at once, each with its own port, data and server id', async () => {
    const servers = await Promise.all([start(), start(), start()]);
    const ids = await Promise.all(servers.map((server) => server.sql('SELECT @@server_id AS id')));
    expect(new Set(servers.map((server) => server.port)).size).toBe(3);
    expect(new Set(ids.map((rows) => rows[0]?.['id'])).size).toBe(3);
  });

  it('keeps committed data through kill and start on the same port', async () => {
    const server = await start();
    const { port } = server;
    await server.sql('CREATE DATABASE kept; CREATE TABLE kept.t (a INT); INSERT INTO kept.t VALUES (42)');
    await server.kill();
    await expect(server.sql('SELECT 1')).rejects.toThrow('ECONNREFUSED');
    await server.start();
    expect(server.port).toBe(port);
    expect(await server.sql('SELECT a FROM kept.t')).toEqual([{ a: 42 }]);
  });

  it('leaves neither process nor folder after stop, and can be stopped twice', async () => {
    const server = await start();
    await server.stop();
    await server.stop();
    expect(existsSync(folderOf(server))).toBe(false);
    expect(await processesNaming(folderOf(server))).toEqual([]);
  });

  it('says what the server says when it refuses a flag', async () => {
    await expect(startMariaDb({ flags: ['--no-such-flag'] })).rejects.toMatchObject({
      code: 'STACK_START_FAILED',
      message: expect.stringContaining('no-such-flag'),
    });
  });
});

describe('the end of the parent', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT', 'exit'] as const)(
    'by %s ends the server and removes its data',
    async (end) => {
      const parent = await startParent(end === 'exit' ? 'process.exit(0)' : 'setInterval(() => {}, 1000)');
      expect(end === 'exit' || existsSync(folderOf(parent))).toBe(true);
      if (end !== 'exit') parent.kill(end);
      const isClean = async (): Promise<boolean> =>
        !existsSync(folderOf(parent)) && (await processesNaming(folderOf(parent))).length === 0;
      expect(await waitUntil(isClean, { budgetMs: 10_000, everyMs: 20 })).toBe(true);
    },
  );

  it('comes by itself: a forgotten server does not keep its parent running', async () => {
    const parent = await startParent('');
    expect(await waitUntil(() => parent.hasEnded(), { budgetMs: 10_000 })).toBe(true);
  });
});

interface Parent {
  readonly socket: string;
  kill(signal: NodeJS.Signals): void;
  hasEnded(): boolean;
}

/** Another Node process that starts a server, prints its socket and goes on with `after`. */
async function startParent(after: string): Promise<Parent> {
  const door = new URL('index.ts', import.meta.url).href;
  const source = `const { startMariaDb } = await import('${door}');
    console.log((await startMariaDb()).socket);
    ${after}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const socket = await new Promise<string>((resolve) =>
    child.stdout.once('data', (data: Buffer) => resolve(data.toString('utf8').trim())),
  );
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return { socket, kill: (signal) => void child.kill(signal), hasEnded };
}
