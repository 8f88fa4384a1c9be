import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { messageOf } from '../../shared/index.ts';
import { edgeErrors } from '../errors.ts';
import type { UnitGate } from '../decide/unit-gate.ts';

interface Call {
  readonly method: 'GET' | 'POST';
  answer(gate: UnitGate, body: Readonly<Record<string, unknown>>): object | Promise<object>;
}

const MAX_MS = 60_000;

/** What a controller of another process asks of an edge. A hold from afar always has a lease. */
const calls: Readonly<Record<string, Call>> = {
  hold: {
    method: 'POST',
    answer: async ({ hold }, body) => ({
      drained: await hold.hold(milliseconds(body, 'budgetMs'), milliseconds(body, 'leaseMs')),
    }),
  },
  renew: {
    method: 'POST',
    answer: ({ hold }, body) => {
      hold.renew(milliseconds(body, 'leaseMs'));
      return { isHeld: hold.isHeld };
    },
  },
  release: {
    method: 'POST',
    answer: ({ hold }) => {
      hold.release();
      return { isHeld: false };
    },
  },
  epoch: { method: 'GET', answer: ({ state }) => ({ epoch: state.epoch }) },
  shadow: {
    method: 'GET',
    answer: ({ shadow }) => {
      const { samples, mismatches } = shadow.report();
      return { samples, mismatches };
    },
  },
};

/** `/v1/units/<unit>/<call>`; errors as `{"error":{code,message,fix}}`. The caller has shown its token. */
export async function answerController(
  request: IncomingMessage,
  response: ServerResponse,
  gates: ReadonlyMap<string, UnitGate>,
): Promise<void> {
  const [, unit = '', name = ''] = /^\/v1\/units\/([^/]+)\/([^/?]+)/.exec(request.url ?? '') ?? [];
  const gate = gates.get(decodeURIComponent(unit));
  const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
  if (!call || call.method !== request.method) return refuse(response, 404, `there is no ${request.method} ${name}`);
  if (!gate) return refuse(response, 409, `this edge has no routes of a unit "${unit}"`);
  try {
    const body = request.method === 'POST' ? ((await json(request)) as Readonly<Record<string, unknown>>) : {};
    send(response, 200, await call.answer(gate, body));
  } catch (error) {
    refuse(response, 400, messageOf(error));
  }
}

function milliseconds(body: Readonly<Record<string, unknown>>, name: string): number {
  const value = body[name];
  if (typeof value === 'number' && value >= 0 && value <= MAX_MS) return value;
  throw new RangeError(`${name} is ${JSON.stringify(value)}; expected milliseconds from 0 to ${MAX_MS}`);
}

export function refuse(response: ServerResponse, status: number, message: string): void {
  const { code, fix } = edgeErrors.error('EDGE_CALL_REFUSED', { message });
  send(response, status, { error: { code, message, fix } });
}

export function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
