import { describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { request } from 'node:http';
import { waitUntil } from '../../shared/index.ts';
import { listen } from './server.ts';

const LOCAL = { port: 0, host: '127.0.0.1' };

function get(url: string): Promise<{ text: string; connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    const call = request(url, (res) => {
      let text = '';
      res.on('data', (chunk: Buffer) => (text += chunk.toString()));
      res.on('end', () => resolve({ text, connection: res.headers.connection }));
    });
    call.on('error', reject).end();
  });
}

describe('stopping the server', () => {
  it('finishes what it has accepted, says so to the connection and takes nothing new', async () => {
    const held: ServerResponse[] = [];
    const server = await listen((_req, res) => held.push(res), LOCAL);
    const answer = get(server.url);
    await waitUntil(() => held.length === 1, { budgetMs: 20_000 });
    const stopped = server.stop();
    await expect(get(server.url)).rejects.toThrow('ECONNREFUSED');
    held[0]?.end('done');
    expect(await answer).toEqual({ text: 'done', connection: 'close' });
    await stopped;
  });

  it('does not wait for ever for an answer that never ends', async () => {
    const held: ServerResponse[] = [];
    const server = await listen((_req, res) => held.push(res), LOCAL);
    const answer = get(server.url);
    await waitUntil(() => held.length === 1, { budgetMs: 20_000 });
    await Promise.all([expect(answer).rejects.toThrow('socket hang up'), server.stop(50)]);
  });
});
