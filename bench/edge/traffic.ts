import { createHmac } from 'node:crypto';

export const SESSION_COOKIE = 'fleet_session';
export const SESSION_SECRET = 'bench-session-secret';
export const USERS = 500;
export const UNITS = ['trips', 'routes'];

/** Method, path template and unit of everything that moves in this bench. */
export const ROUTES: readonly (readonly [method: string, path: string, unit: string])[] = [
  ['GET', '/api/trips', 'trips'],
  ['GET', '/api/trips/{id}', 'trips'],
  ['POST', '/api/trips', 'trips'],
  ['PATCH', '/api/trips/{id}', 'trips'],
  ['GET', '/api/tracking/{tripId}', 'trips'],
  ['GET', '/api/tracking/{tripId}/last', 'trips'],
  ['POST', '/api/tracking/{tripId}', 'trips'],
  ['GET', '/api/routes', 'routes'],
  ['GET', '/api/routes/{id}', 'routes'],
  ['PUT', '/api/routes/{id}', 'routes'],
];

/** The same flags for every peer that asks any: a gate per unit, a beta cohort, half of everybody. */
export function flagSet(): object {
  const strategy = (rollout: string, values?: string[]): object => ({
    name: 'flexibleRollout',
    parameters: { rollout, stickiness: 'userId', groupId: 'banyan' },
    constraints: values
      ? [{ contextName: 'userId', operator: 'IN', values, inverted: false, caseInsensitive: false }]
      : [],
  });
  const beta = Array.from({ length: 20 }, (_, i) => String(i + 1));
  const features = UNITS.flatMap((unit) => [
    { name: `banyan.${unit}`, enabled: true, strategies: [strategy('100')] },
    { name: `banyan.${unit}.beta`, enabled: true, strategies: [strategy('100', beta)] },
    { name: `move.${unit}`, enabled: true, strategies: [strategy('100', beta), strategy('50')] },
  ]);
  return { version: 2, features };
}

/** Paths of reads: of units that move, and of none. */
export const READS = [
  '/api/trips?limit=20',
  '/api/trips/4711',
  '/api/tracking/4711/last',
  '/api/routes/17',
  '/api/vehicles/9',
  '/api/trips/4712',
  '/api/users/me/summary',
];

export const WRITE_BODY = '{"pickup":"Hauptstrasse 1, Berlin","dropoff":"Flughafen BER","note":"zwei Koffer"}';

export function sessionOf(userId: number): string {
  const text = `${userId}.s${userId}.4102444800`;
  return `${text}.${createHmac('sha256', SESSION_SECRET).update(text).digest('base64url')}`;
}

/** A wrk script: 500 signed-in users, mostly reads over several routes, one request in ten a write. */
export function wrkScript(): string {
  const cookies = Array.from({ length: USERS }, (_, i) => `"${SESSION_COOKIE}=${sessionOf(i + 1)}"`).join(',\n');
  return `
local cookies = { ${cookies} }
local reads = { ${READS.map((path) => `"${path}"`).join(', ')} }
local body = '${WRITE_BODY}'
local n = 0
function request()
  n = n + 1
  local headers = { ["Cookie"] = cookies[(n * 7) % ${USERS} + 1], ["Accept"] = "application/json", ["User-Agent"] = "fleet-app/4.2 (bench)", ["Accept-Language"] = "de-DE,de;q=0.9" }
  if n % 10 == 0 then
    headers["Content-Type"] = "application/json"
    return wrk.format("POST", "/api/trips", headers, body)
  end
  return wrk.format("GET", reads[n % #reads + 1], headers)
end
done = function(summary, latency)
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout))
end
`;
}
