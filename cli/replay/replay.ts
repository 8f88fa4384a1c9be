import {
  isMismatch,
  steadyDifferences,
  type Answer,
  type AnswerComparer,
  type RecordedRequest,
} from '../../edge/index.ts';
import { systemClock, type Clock } from '../../shared/index.ts';
import { ReplayTally, type ReplayedRoute } from './replay-tally.ts';
import type { ReplayTarget } from './replay-target.ts';
import type { Sessions } from './sessions.ts';

/** A request of which the answer is wanted afterwards, by its place in the recording, from 1. */
export interface ChosenSample {
  readonly number: number;
  readonly request: RecordedRequest;
  /** Control's. */
  readonly answer: Answer;
}

export interface ReplayOptions {
  readonly requests: readonly RecordedRequest[];
  readonly control: ReplayTarget;
  readonly candidate: ReplayTarget;
  readonly sessions: Sessions;
  readonly comparerOf: (route: string) => AnswerComparer;
  /** 2: twice as fast as it was recorded; Infinity: without any pause. */
  readonly speed: number;
  /** Whether requests that write are sent, to both sides. */
  readonly writes: boolean;
  readonly chosen: ReadonlySet<number>;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

export interface ReplayResult {
  readonly routes: readonly ReplayedRoute[];
  readonly samples: readonly ChosenSample[];
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Sends recorded requests to both sides when their time has come, those of one session one after the other. A read that
 * differs is asked again, so that what differs from itself is not held against the candidate; a write never is.
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { requests, writes, signal, clock = systemClock } = options;
  const [tally, samples, startedAt] = [new ReplayTally(), [] as ChosenSample[], clock.now()];
  const [first] = requests;
  const queues = new Map<string, Promise<void>>();
  for (const [index, request] of requests.entries()) {
    if (!writes && !SAFE.has(request.method)) {
      tally.skipped(request.route);
      continue;
    }
    await pause(options, startedAt + (request.atMs - (first?.atMs ?? 0)) / options.speed);
    if (signal.aborted) break;
    const key = request.session ?? `nobody ${index}`;
    const before = queues.get(key) ?? Promise.resolve();
    const number = index + 1;
    const next = before.then(async () => void samples.push(...(await replayOne(options, tally, number, request))));
    queues.set(key, next);
    if (index % MAX_AHEAD < MAX_AHEAD - 1) continue;
    await Promise.all(queues.values());
    queues.clear();
  }
  await Promise.all(queues.values());
  return { routes: tally.routes(), samples: samples.toSorted((a, b) => a.number - b.number) };
}

/** Requests that may be under way or wait for others of their session. */
const MAX_AHEAD = 64;

async function pause({ clock = systemClock, signal }: ReplayOptions, until: number): Promise<void> {
  const left = until - clock.now();
  if (left > 0) await clock.sleep(left, signal);
}

async function replayOne(
  options: ReplayOptions,
  tally: ReplayTally,
  number: number,
  request: RecordedRequest,
): Promise<readonly ChosenSample[]> {
  const { route } = request;
  try {
    const [control, candidate] = await askBoth(options, request);
    const found = options.comparerOf(route).compare(control, candidate);
    if (!isMismatch(found)) tally.equal(route);
    else
      tally.different(route, SAFE.has(request.method) ? await steadyOf(options, request, control) : found.differences);
    return options.chosen.has(number) ? [{ number, request, answer: control }] : [];
  } catch {
    tally.failed(route);
    return [];
  }
}

/** Differences that are still there when both are asked again, and that control does not have with itself. */
async function steadyOf(options: ReplayOptions, request: RecordedRequest, before: Answer) {
  const [control, candidate] = await askBoth(options, request);
  const comparer = options.comparerOf(request.route);
  const asking = { candidate: comparer.compare(control, candidate), control: comparer.compare(before, control) };
  return steadyDifferences({ ...asking, isApplied: true, hasMoved: true });
}

function askBoth({ control, candidate, sessions }: ReplayOptions, request: RecordedRequest): Promise<[Answer, Answer]> {
  const own = (side: 'legacy' | 'service') => sessions.headersFor(request.session, side, Date.now());
  return Promise.all([control.ask(request, own('legacy')), candidate.ask(request, own('service'))]);
}
