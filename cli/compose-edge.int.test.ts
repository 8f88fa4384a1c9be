import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { emptyPosition } from '../cdc/index.ts';
import { localJudge, readDeclaration } from '../cutover/index.ts';
import type { Edge } from '../edge/index.ts';
import { createFileFlagProvider, KillSwitch } from '../flags/index.ts';
import { createMetrics, readSettings, silentLog } from '../shared/index.ts';
import { openOtlpReceiver, type OtlpReceiver } from '../test/support/index.ts';
import { openEdge } from './compose-edge.ts';
import { OpenParts } from './open-parts.ts';
import { edgeSettings } from './settings.ts';
import { startTracing } from './watch.ts';

let folder: string;
let legacy: Server;
let legacyUrl: string;
let receiver: OtlpReceiver;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-compose-'));
  receiver = await openOtlpReceiver();
  legacy = createServer((_request, response) => {
    response.writeHead(302, { Location: `${legacyUrl}/next`, 'Set-Cookie': 'a=1; Domain=legacy.internal' }).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => legacy.once('listening', resolve));
  legacyUrl = `http://127.0.0.1:${(legacy.address() as AddressInfo).port}`;
});
afterEach(async () => {
  legacy.closeAllConnections();
  await new Promise((resolve) => legacy.close(resolve));
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The edge of the example's plan, as its process composes it, with nobody to tell it anything. */
async function compose(env: Record<string, string>, open: OpenParts): Promise<Edge> {
  const all = { LEGACY_URL: legacyUrl, TRIPS_URL: legacyUrl, BANYAN_ADMIN_TOKEN: 'token', ...env };
  const settings = readSettings(edgeSettings, { ...all, BANYAN_IDENTITY_KEY: 'k'.repeat(32) });
  const marks = { head: () => Promise.resolve(emptyPosition), watermark: () => emptyPosition, levelAgeMs: () => 0 };
  return openEdge({
    settings,
    subject: { ways: [{ way: 'session', cookie: 'fleet_session', format: 'opaque' }] },
    declaration: readDeclaration('migrations', all, { withDatabases: false }),
    registrations: { addresses: () => [], onChange: () => () => undefined },
    recordOf: () => undefined,
    marksOf: () => marks,
    flags: createFileFlagProvider({ path: join(folder, 'flags.json'), log: silentLog }),
    killSwitch: new KillSwitch({ units: ['trips'], log: silentLog }),
    writeLatch: new KillSwitch({ units: ['trips'], log: silentLog }),
    effects: localJudge(new Map()),
    identityKeys: undefined,
    tracing: await startTracing(settings, 'banyan-edge', silentLog, open),
    registry: createMetrics(),
    log: silentLog,
  });
}

describe('the settings of an edge', () => {
  it('reach its requests: log, traces, rates, sizes and addresses', async () => {
    const file = join(folder, 'access.log');
    const open = new OpenParts();
    const edge = await compose(
      {
        BANYAN_ACCESS_LOG: file,
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_TRACES_SAMPLER_ARG: '1',
        BANYAN_RATE_PER_ADDRESS: '2/60',
        BANYAN_MAX_BODY_BYTES: '5',
        BANYAN_REFERENCES: 'rewrite',
        LEGACY_COOKIE_DOMAINS: 'legacy.internal=fleet.example',
      },
      open,
    );
    const { port } = await edge.listen(0);
    const url = `http://127.0.0.1:${port}`;
    const first = await fetch(`${url}/api/trips/7?a=1`, { redirect: 'manual' });
    expect(first.headers.get('location')).toBe(`${url}/next`);
    expect(first.headers.getSetCookie()).toEqual(['a=1; Domain=fleet.example']);
    expect(first.headers.get('ratelimit')).toBe('"address";r=1;t=60');
    expect((await fetch(`${url}/api/trips`, { method: 'POST', body: '123456' })).status).toBe(413);
    await fetch(url, { redirect: 'manual' });
    expect((await fetch(url)).status).toBe(429);
    await edge.close();
    await open.close();
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { status: number }).status)).toEqual([302, 413, 302, 429]);
    expect(receiver.spans.map(({ name }) => name)).toContain('GET /api/trips/{id}');
    expect(new Set(receiver.spans.map(({ service }) => service))).toEqual(new Set(['banyan-edge']));
  });
});
