import { spawn } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { openConnection } from '../../shared/index.ts';
import { childProcesses, expectNoChildren, expectNoConnections, useMariaDb } from './index.ts';

describe('the helper of tests with a database', () => {
  const mariadb = useMariaDb();

  it('gives every test a database of its own', async () => {
    const one = await mariadb.createDatabase('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)');
    const other = await mariadb.createDatabase('CREATE TABLE t (a INT)');
    expect(await one.sql('SELECT a FROM t')).toEqual([{ a: 1 }]);
    expect(await other.sql('SELECT a FROM t')).toEqual([]);
  });

  it('notices a connection that was left open', async () => {
    const left = await openConnection(mariadb.server.url());
    await expect(expectNoConnections(mariadb.server, 0)).rejects.toThrow(/\d connections were left open/);
    await left.end();
  });

  it('notices a child process that was left running', async () => {
    const before = await childProcesses();
    const left = spawn('sleep', ['60']);
    await expect(expectNoChildren(before, 0)).rejects.toThrow(`left running: ${left.pid}`);
    left.kill();
    await expectNoChildren(before);
  });
});
