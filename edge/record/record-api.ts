import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { messageOf } from '../../shared/index.ts';
import { edgeErrors } from '../errors.ts';
import { Recording } from './recording.ts';

/** Where a recording is put while it goes on. */
export interface Recorded {
  recording: Recording | undefined;
}

interface Wanted {
  readonly unit: string;
  readonly share: number;
  readonly seconds: number;
  readonly keep: readonly string[];
}

/**
 * POST `/v1/record` with `{unit, share, seconds, keep}`: lines of JSON as requests go by, `{"progress": request}`, and at
 * the end `{"result": {taken, dropped}}`. It also ends when the caller leaves. Nothing is stored here: what the caller does
 * not take is dropped and counted. The caller has shown its token.
 */
export async function answerRecord(
  request: IncomingMessage,
  response: ServerResponse,
  units: ReadonlyMap<string, Recorded>,
): Promise<void> {
  try {
    const wanted = wantedOf(request.method, await json(request));
    const home = units.get(wanted.unit);
    if (!home) return refuse(response, 409, `this edge has no routes of "${wanted.unit}"`);
    if (home.recording) return refuse(response, 409, `requests of "${wanted.unit}" are being recorded already`);
    await record(home, wanted, response);
  } catch (error) {
    refuse(response, 400, messageOf(error));
  }
}

async function record(home: Recorded, { share, keep, seconds }: Wanted, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' }).flushHeaders();
  const write = (line: object): boolean => response.write(`${JSON.stringify(line)}\n`);
  const sink = (taken: object): boolean => !response.writableNeedDrain && (write({ progress: taken }), true);
  const recording = new Recording({ share, keep, sink });
  home.recording = recording;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  home.recording = undefined;
  const { taken, dropped } = recording;
  if (!response.destroyed) response.end(`${JSON.stringify({ result: { taken, dropped } })}\n`);
}

function wantedOf(method: string | undefined, body: unknown): Wanted {
  const { unit, share, seconds, keep } = (body ?? {}) as Partial<Record<keyof Wanted, unknown>>;
  const isShare = typeof share === 'number' && share > 0 && share <= 1;
  const isTime = typeof seconds === 'number' && seconds > 0 && seconds <= 86_400;
  const isKept = Array.isArray(keep) && keep.every((place) => typeof place === 'string');
  if (method === 'POST' && typeof unit === 'string' && isShare && isTime && isKept)
    return { unit, share, seconds, keep };
  throw new RangeError('expected POST {"unit", "share": above 0 to 1, "seconds": to 86400, "keep": [places]}');
}

function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return void response.destroy();
  const { code, fix } = edgeErrors.error('EDGE_CALL_REFUSED', { message });
  response
    .writeHead(status, { 'Content-Type': 'application/json' })
    .end(JSON.stringify({ error: { code, message, fix } }));
}
