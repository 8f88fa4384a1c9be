import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { messageOf, systemClock } from '../../shared/index.ts';
import { edgeErrors } from '../errors.ts';
import type { RecordOrder, RecordSink, RequestRecorder } from './request-recorder.ts';

interface Wanted extends Omit<RecordOrder, 'beganAt'> {
  readonly seconds: number;
}

/** Shorter keys could be guessed, and names of subjects with them. */
const KEY_LENGTH = 32;

/**
 * POST `/v1/record` with `{unit, share, seconds, keep, key}`: lines of JSON as requests go by, `{"progress": {request,
 * dropped, lost}}`, and at the end `{"result": {taken, dropped, lost}}`. It also ends when the caller leaves. Nothing is
 * stored here: what the caller does not take is dropped and counted. The caller has shown its token.
 */
export async function answerRecord(
  request: IncomingMessage,
  response: ServerResponse,
  recorder: RequestRecorder,
): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  try {
    const wanted = wantedOf(request.method, await json(request));
    await record(recorder, wanted, response, left.signal);
  } catch (error) {
    refuse(response, 400, messageOf(error));
  }
}

/** The head is sent when requests are taken: who has it knows that what is sent from now on is in the recording. */
async function record(
  recorder: RequestRecorder,
  { seconds, ...wanted }: Wanted,
  response: ServerResponse,
  left: AbortSignal,
): Promise<void> {
  response.setHeader('Content-Type', 'application/x-ndjson');
  const begun = await recorder.begin({ ...wanted, beganAt: Date.now() }, sinkInto(response));
  if ('refused' in begun) return refuse(response, 409, begun.refused);
  response.flushHeaders();
  await systemClock.sleep(seconds * 1000, left);
  const result = await begun.end();
  if (!response.destroyed) response.end(lineOf({ result }));
}

function sinkInto(response: ServerResponse): RecordSink {
  return (request, { dropped, lost }) => {
    if (response.destroyed || response.writableNeedDrain) return false;
    response.write(lineOf({ progress: { request, dropped, lost } }));
    return true;
  };
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function wantedOf(method: string | undefined, body: unknown): Wanted {
  const { unit, share, seconds, keep, key } = (body ?? {}) as Partial<Record<keyof Wanted, unknown>>;
  const isShare = typeof share === 'number' && share > 0 && share <= 1;
  const isTime = typeof seconds === 'number' && seconds > 0 && seconds <= 86_400;
  const isKept = Array.isArray(keep) && keep.every((place) => typeof place === 'string');
  const isKey = typeof key === 'string' && key.length >= KEY_LENGTH;
  if (method === 'POST' && typeof unit === 'string' && isShare && isTime && isKept && isKey)
    return { unit, share, seconds, keep, key };
  const expected = `"share": above 0 to 1, "seconds": to 86400, "keep": [places], "key": ${KEY_LENGTH} characters or more`;
  throw new RangeError(`expected POST {"unit", ${expected}}`);
}

function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return void response.destroy();
  const { code, fix } = edgeErrors.error('EDGE_CALL_REFUSED', { message });
  response
    .writeHead(status, { 'Content-Type': 'application/json' })
    .end(JSON.stringify({ error: { code, message, fix } }));
}
