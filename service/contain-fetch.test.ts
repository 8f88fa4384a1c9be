import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

/** A process of its own: here `fetch` is that of the test runner, which has its own globals. */
const PROGRAM = `
  const { containFetch } = await import(process.argv[1]);
  const calls = [];
  const undo = containFetch(() => ({ record: (call) => (calls.push(call), { status: 202, body: '{"ok":1}' }) }));
  const answer = await fetch('http://nowhere.invalid/a/b?c=d', { method: 'POST', body: new ReadableStream({
    start: (c) => { c.enqueue(Buffer.from('x')); c.close(); } }), duplex: 'half' });
  const told = [answer.status, await answer.json()];
  undo();
  const sent = await fetch('http://127.0.0.1:1/').then(() => 'sent', () => 'tried');
  console.log(JSON.stringify({ calls, told, sent }));`;

it("records the process's own fetch, and lets go of it afterwards", async () => {
  const module = new URL('contain-fetch.ts', import.meta.url).href;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', PROGRAM, module]);
  expect(JSON.parse(stdout)).toEqual({
    calls: [{ method: 'POST', url: 'http://nowhere.invalid/a/b' }],
    told: [202, { ok: 1 }],
    sent: 'tried',
  });
});
