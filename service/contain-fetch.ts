import { getGlobalDispatcher, setGlobalDispatcher, type Dispatcher } from 'undici';
import { callOf, type CurrentRecorder, type StandInAnswer } from './call-recorder.ts';

type Handler = Dispatcher.DispatchHandler;

/** Keeps calls by `fetch` and undici's global dispatcher from being sent inside a dry run. Gives back how to undo it. */
export function containFetch(current: CurrentRecorder): () => void {
  const before = getGlobalDispatcher();
  const contained = before.compose((dispatch) => (options, handler) => {
    const recorder = current();
    if (!recorder) return dispatch(options, handler);
    const answer = recorder.record(callOf(options.method, String(options.origin ?? ''), options.path));
    void drained(options.body).then(() => reply(handler, answer));
    return true;
  });
  setGlobalDispatcher(contained);
  return () => setGlobalDispatcher(before);
}

/** A body that nobody reads would leave its writer waiting. */
async function drained(body: unknown): Promise<void> {
  if (body === null || typeof body !== 'object' || !(Symbol.asyncIterator in body)) return;
  try {
    for await (const chunk of body as AsyncIterable<unknown>) void chunk;
  } catch {
    // The writer of the body has failed: that is its own affair.
  }
}

function reply(handler: Handler, { status, body }: StandInAnswer): void {
  const controller = standInController();
  const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
  handler.onRequestStart?.(controller, undefined);
  handler.onResponseStart?.(controller, status, headers, '');
  handler.onResponseData?.(controller, Buffer.from(body));
  handler.onResponseEnd?.(controller, {});
}

function standInController(): Dispatcher.DispatchController {
  const nothing = (): void => undefined;
  const state = { aborted: false, paused: false, reason: null, rawHeaders: null, rawTrailers: null };
  return { ...state, abort: nothing, pause: nothing, resume: nothing };
}
