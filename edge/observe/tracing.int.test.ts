import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openTracing, silentLog, type TracingOptions } from '../../shared/index.ts';
import { openOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../../test/support/index.ts';
import { as, openWorld, owned, type World } from '../testing/edge.fixture.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

describe.each(['http/protobuf', 'http/json'] as const)('tracing by OTLP, %s,', (protocol) => {
  let receiver: OtlpReceiver;
  let world: World;
  beforeEach(async () => void (receiver = await openOtlpReceiver()));
  afterEach(async () => {
    await world.close();
    await receiver.close();
  });

  async function traced(changes: Partial<TracingOptions> = {}, trusts = true): Promise<() => Promise<void>> {
    const tracing = await openTracing({
      service: 'edge',
      endpoint: `${receiver.url}/`,
      protocol,
      headers: { 'x-key': 'k' },
      ratio: 1,
      resource: { 'deployment.environment.name': 'test' },
      log: silentLog,
      ...changes,
    });
    world = await openWorld({ tracing, continuesTraces: trusts, limits: { firstByteMs: 10_000 } });
    return () => tracing.close();
  }

  it('continues the trace of the caller over the edge to the service', async () => {
    const flush = await traced();
    const headers = { traceparent: `00-${TRACE}-${CALLER}-01`, tracestate: 'vendor=1', baggage: 'k=v' };
    await (await world.get('/api/trips/4711?token=hush', { ...as('7'), ...headers })).text();
    await flush();
    const [client, server] = receiver.spans;
    expect(server).toMatchObject({ name: 'GET /api/trips/{id}', kind: 'server', traceId: TRACE, parentId: CALLER });
    expect(server).toMatchObject({ state: 'vendor=1', service: 'edge', isError: false });
    expect(server?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/api/trips/{id}',
      'http.response.status_code': 200,
      'banyan.unit': 'trips',
      'banyan.stage': 'canary',
      'banyan.epoch': 3,
      'banyan.target': 'service',
      'banyan.reason': 'exposed',
    });
    expect(client).toMatchObject({ name: 'GET', kind: 'client', traceId: TRACE, parentId: server?.spanId });
    expect(client?.attributes).toMatchObject({ 'server.address': '127.0.0.1', 'banyan.target': 'trips' });
    const seen = world.service.seen[0]?.headers;
    expect(seen?.['traceparent']).toBe(`00-${TRACE}-${client?.spanId}-01`);
    expect([seen?.['tracestate'], seen?.['baggage']]).toEqual(['vendor=1', 'k=v']);
    expect(receiver.headers[0]?.['x-key']).toBe('k');
  });

  it('begins a trace where there is none, or none that can be read', async () => {
    const flush = await traced();
    await (await world.get('/api/trips/1', { ...as('7'), traceparent: 'nonsense', tracestate: 'a=1' })).text();
    await flush();
    const [client, server] = receiver.spans;
    expect([server?.parentId, server?.state]).toEqual(['', '']);
    expect(world.service.seen[0]?.headers).toMatchObject({
      traceparent: `00-${server?.traceId}-${client?.spanId}-01`,
    });
    expect(world.service.seen[0]?.headers).not.toHaveProperty('tracestate');
  });

  it('shows a failure and the fallback as two sendings of one request', async () => {
    const flush = await traced();
    world.service.answer = (request) => void request.socket.destroy();
    await (await world.get('/api/trips/1', as('7'))).text();
    await flush();
    const [failed, repaired, server] = receiver.spans;
    expect(failed).toMatchObject({ kind: 'client', isError: true, parentId: server?.spanId });
    expect(failed?.attributes).toMatchObject({ 'error.type': 'reset', 'banyan.target': 'trips' });
    expect(repaired).toMatchObject({ kind: 'client', isError: false, parentId: server?.spanId });
    expect(server?.attributes).toMatchObject({ 'banyan.target': 'legacy', 'banyan.reason': 'service-failed' });
  });

  it('shows what the edge answered itself, and that it was at fault', async () => {
    const flush = await traced();
    world.state = owned();
    world.service.answer = (request) => void request.socket.destroy();
    expect((await world.post('/api/trips', as('7'))).status).toBe(502);
    await flush();
    expect(receiver.spans.at(-1)).toMatchObject({ name: 'POST /api/trips', kind: 'server', isError: true });
    expect(receiver.spans.at(-1)?.attributes).toMatchObject({ 'http.response.status_code': 502, 'error.type': '502' });
  });

  it('records nothing of what the caller or the ratio leaves out, and passes the context on all the same', async () => {
    const flush = await traced({ ratio: 0 });
    await (await world.get('/api/trips/1', { ...as('7'), traceparent: `00-${TRACE}-${CALLER}-00` })).text();
    await (await world.get('/api/trips/2', as('7'))).text();
    await flush();
    expect(receiver.spans).toEqual([]);
    const [continued, begun] = world.service.seen.map(({ headers }) => String(headers['traceparent']));
    expect(continued).toMatch(new RegExp(`^00-${TRACE}-(?!${CALLER})[0-9a-f]{16}-00$`));
    expect(begun).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  it('records what the caller has chosen, whatever the ratio', async () => {
    const flush = await traced({ ratio: 0 });
    await (await world.get('/api/trips/1', { traceparent: `00-${TRACE}-${CALLER}-01` })).text();
    await flush();
    expect(kindsOf(receiver.spans)).toEqual(['client', 'server']);
  });

  it('begins anew where callers are not to be believed', async () => {
    const flush = await traced({ ratio: 1 }, false);
    const headers = { traceparent: `00-${TRACE}-${CALLER}-01`, tracestate: 'a=1', baggage: 'k=v' };
    await (await world.get('/api/trips/1', { ...as('7'), ...headers })).text();
    await flush();
    expect(receiver.spans.every(({ traceId }) => traceId !== TRACE)).toBe(true);
    const seen = world.service.seen[0]?.headers;
    expect(seen?.['traceparent']).not.toContain(TRACE);
    expect([seen?.['tracestate'], seen?.['baggage']]).toEqual([undefined, undefined]);
  });
});

describe('tracing', () => {
  it('carries requests on and ends in time when nobody receives', async () => {
    const tracing = await openTracing({
      service: 'edge',
      endpoint: 'http://127.0.0.1:1',
      protocol: 'http/json',
      headers: {},
      ratio: 1,
      resource: {},
      log: silentLog,
    });
    const world = await openWorld({ tracing });
    expect((await world.get('/api/trips/1', as('7'))).status).toBe(200);
    await world.close();
    const started = Date.now();
    await tracing.close();
    expect(Date.now() - started).toBeLessThan(20_000);
  });
});

describe('without tracing', () => {
  it('a trace passes the edge as it is', async () => {
    const world = await openWorld();
    const headers = { traceparent: `00-${TRACE}-${CALLER}-01`, tracestate: 'vendor=1', baggage: 'k=v' };
    await world.get('/api/trips/1', { ...as('7'), ...headers });
    expect(world.service.seen[0]?.headers).toMatchObject(headers);
    await world.close();
  });

  it('nothing of the SDK is loaded', async () => {
    const script = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      await import('./edge/index.ts');
      console.log(loaded.some((url) => url.includes('/shared/tracing.ts')), loaded.filter((url) => /sdk-trace|otlp/.test(url)).length);`;
    const run = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
    expect(run.stdout.trim()).toBe('true 0');
  });
});

function kindsOf(spans: readonly ReceivedSpan[]): string[] {
  return spans.map(({ kind }) => kind);
}
