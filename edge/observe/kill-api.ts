import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { ALL_UNITS, type KillSwitch } from '../../flags/index.ts';
import { messageOf } from '../../shared/index.ts';
import { edgeErrors } from '../errors.ts';

export interface KillParts {
  readonly units: { has(unit: string): boolean };
  readonly killSwitch: Pick<KillSwitch, 'killed' | 'set'> | undefined;
}

interface Word {
  readonly unit: string;
  readonly killed: boolean;
}

/**
 * `/v1/kill`, and `/v1/shadow-writes` for shadow writes alone: GET answers `{killed: […]}`; POST `{unit, killed}` (`*` for every unit) counts at once and answers
 * `{killed: […], kept}`, `kept` when a restart of this edge will know it too. The caller has shown its token.
 */
export async function answerKill(
  request: IncomingMessage,
  response: ServerResponse,
  { units, killSwitch }: KillParts,
): Promise<void> {
  if (!killSwitch) return refuse(response, 404, 'this edge was started without a kill switch');
  if (request.method === 'GET') return send(response, 200, { killed: killSwitch.killed });
  if (request.method !== 'POST') return refuse(response, 404, `there is no ${request.method} kill`);
  try {
    const { unit, killed } = wordOf(await json(request));
    if (unit !== ALL_UNITS && !units.has(unit)) return refuse(response, 409, `this edge has no routes of "${unit}"`);
    const kept = await killSwitch.set(unit, killed);
    send(response, 200, { killed: killSwitch.killed, kept });
  } catch (error) {
    refuse(response, 400, messageOf(error));
  }
}

function wordOf(body: unknown): Word {
  const { unit, killed } = (body ?? {}) as Partial<Record<keyof Word, unknown>>;
  if (typeof unit === 'string' && typeof killed === 'boolean') return { unit, killed };
  throw new RangeError('expected {"unit": a name or "*", "killed": true or false}');
}

function refuse(response: ServerResponse, status: number, message: string): void {
  const { code, fix } = edgeErrors.error('EDGE_CALL_REFUSED', { message });
  send(response, status, { error: { code, message, fix } });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
