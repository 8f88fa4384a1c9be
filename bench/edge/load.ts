import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import autocannon from 'autocannon';
import { wrkScript } from './traffic.ts';

export interface Load {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

const run = promisify(execFile);
const CONNECTIONS = 32;

/** The load generator: wrk where it is installed, which leaves the proxy its core; autocannon elsewhere. */
export async function chooseLoad(folder: string): Promise<(port: number, seconds: number) => Promise<Load>> {
  const hasWrk = await run('wrk', ['-v']).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  if (!hasWrk) return byAutocannon;
  const script = join(folder, 'traffic.lua');
  writeFileSync(script, wrkScript());
  return (port, seconds) => byWrk(script, port, seconds);
}

async function byWrk(script: string, port: number, seconds: number): Promise<Load> {
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, `http://127.0.0.1:${port}`];
  const { stdout } = await run('wrk', args);
  const [requests = 0, micros = 0, p50 = 0, p99 = 0, errors = 0] = (/RESULT (.*)/.exec(stdout)?.[1] ?? '')
    .split(' ')
    .map(Number);
  return { requests, seconds: micros / 1e6, p50Ms: p50 / 1000, p99Ms: p99 / 1000, errors };
}

async function byAutocannon(port: number, seconds: number): Promise<Load> {
  const cookies = [...wrkScript().matchAll(/"(fleet_session=[^"]+)"/g)].map((match) => match[1] ?? '');
  const paths = [
    '/api/trips?limit=20',
    '/api/trips/4711',
    '/api/tracking/4711/last',
    '/api/routes/17',
    '/api/vehicles/9',
  ];
  const requests = cookies.map((cookie, i) => {
    if (i % 10 === 0)
      return { method: 'POST' as const, path: '/api/trips', headers: { cookie }, body: '{"pickup":"Hauptstrasse 1"}' };
    return { method: 'GET' as const, path: paths[i % paths.length] ?? '/', headers: { cookie } };
  });
  const result = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections: CONNECTIONS,
    duration: seconds,
    requests,
  });
  const { p50, p99 } = result.latency;
  const failed = result.errors + result.non2xx;
  return { requests: result.requests.total, seconds: result.duration, p50Ms: p50, p99Ms: p99, errors: failed };
}
