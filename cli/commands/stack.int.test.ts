import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { openConnection, waitUntil } from '../../shared/index.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

describe('banyan stack up', () => {
  it('keeps its servers until it is interrupted, and ends them then', async () => {
    const child = spawn(process.execPath, [MAIN, '--json', 'stack', 'up', 'mariadb'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = (await once(child.stdout, 'data')) as [Buffer];
    const { servers } = JSON.parse(String(printed)) as { servers: { name: string; url: string }[] };
    const url = servers[0]?.url ?? '';
    expect(servers.map(({ name }) => name)).toEqual(['mariadb']);
    await staysUpFor(child.pid ?? 0, url);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await expect(openConnection(url)).rejects.toThrow('ECONNREFUSED');
  });
});

/** Nothing is left to do for the process once its output is read: a process that would end by itself has ended. */
async function staysUpFor(pid: number, url: string): Promise<void> {
  const connection = await openConnection(url);
  await connection.query('SELECT SLEEP(1)');
  await connection.end();
  expect(await waitUntil(() => process.kill(pid, 0), { budgetMs: 0 })).toBe(true);
}
