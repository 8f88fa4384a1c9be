import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog, waitUntil } from '../../shared/index.ts';
import { as, openWorld, owned, type World } from '../testing/edge.fixture.ts';
import { talk } from '../testing/raw-http.fixture.ts';
import { AccessLog, type AccessLogOptions } from './access-log.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('the access log', () => {
  let folder: string;
  let world: World;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'banyan-access-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function logging(options: Partial<AccessLogOptions> = {}): Promise<() => Promise<Record<string, unknown>[]>> {
    const to = join(folder, 'access.log');
    world = await openWorld({ accessLog: { to, ...options }, limits: { firstByteMs: 10_000 } });
    return async () => {
      await world.close();
      const lines = readFileSync(to, 'utf8').split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
    };
  }

  it('says of each request where it went, why, and what became of it', async () => {
    const lines = await logging();
    const headers = { ...as('7'), traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };
    await (await world.get('/api/trips/4711?token=hush', headers)).text();
    const [line, ...more] = await lines();
    expect(more).toEqual([]);
    expect(line).toEqual({
      log: 'access',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      trace: TRACE,
      method: 'GET',
      route: '/api/trips/{id}',
      unit: 'trips',
      stage: 'canary',
      target: 'service',
      reason: 'exposed',
      epoch: 3,
      flags: 'test',
      bucket: 9296,
      status: 200,
      ms: expect.any(Number),
      in: 0,
      out: 16,
    });
  });

  it('has a line for what the edge refused or answered itself', async () => {
    const lines = await logging({ sample: 0 });
    world.state = owned();
    world.service.answer = (request) => void request.socket.destroy();
    await (await world.post('/api/trips', as('7'))).text();
    await talk(world.port, 'GET / HTTP/1.1\nHost: a\nHost: b\n\n');
    await talk(world.port, 'nonsense\n\n');
    expect(await lines()).toMatchObject([
      { status: 502, code: 'target-failed', route: '/api/trips', target: 'service' },
      { status: 400, code: 'bad-host', method: 'GET' },
      { status: 400, code: 'malformed' },
    ]);
  });

  it('leaves out what went well as far as the sample says, and nothing that failed', async () => {
    const lines = await logging({ sample: 0 });
    await (await world.get('/api/trips/1', as('7'))).text();
    world.legacy.answer = (_request, response) => void response.writeHead(503).end();
    await (await world.get('/api/feedback')).text();
    expect(await lines()).toMatchObject([{ status: 503, target: 'legacy', reason: 'no-unit' }]);
  });

  it('tells path and address only when asked to, and the query never', async () => {
    const lines = await logging({ fields: ['path', 'address'] });
    await (await world.get('/api/trips/4711?token=hush')).text();
    const [line] = await lines();
    expect(line).toMatchObject({ path: '/api/trips/4711', address: '127.0.0.1' });
    expect(JSON.stringify(line)).not.toContain('hush');
  });

  it('loses lines and no requests when it cannot be written', async () => {
    world = await openWorld({ accessLog: { to: '/dev/full' } });
    for (let i = 0; i < 40; i++) expect((await world.get('/api/trips/1', as('7'))).status).toBe(200);
    expect(await waitUntil(() => dropped(world), { budgetMs: 20_000 })).toBe(true);
    await world.close();
  });

  it('is refused at the start when its file cannot be opened', () => {
    const opening = () =>
      new AccessLog(
        { to: join(folder, 'missing', 'access.log') },
        { log: silentLog, addressOf: () => '', dropped: () => undefined },
      );
    expect(opening).toThrow(expect.objectContaining({ code: 'EDGE_ACCESS_LOG_UNUSABLE' }));
  });
});

async function dropped({ registry }: World): Promise<boolean> {
  return /banyan_edge_access_log_dropped_total [1-9]/.test(await registry.metrics());
}
