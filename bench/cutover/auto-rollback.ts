import type { JournalEntry } from '../../cutover/index.ts';
import { createTraffic } from '../../legacy/index.ts';
import { waitUntil } from '../../shared/index.ts';
import { startDistributed, type Distributed } from '../../test/support/distributed.ts';
import { changedPlans, QUICK_SHADOW } from '../../test/support/plans.ts';
import { sessionOf } from '../../test/support/session.ts';
import { startWorld } from '../../test/support/world.ts';
import { startFaultyService } from './faulty-service.ts';

export interface AutoRollback {
  /** Milliseconds from the moment the controller accused the service to the last answer of it that a user saw. */
  readonly lastAnswerMs: readonly number[];
  /** Milliseconds from the fault to that accusation. */
  readonly detectedMs: readonly number[];
}

const WHY = { who: 'bench@here', reason: 'a fault is injected' };
const FAILING_SHARE = 0.3;
const LOOKERS = 12;
/** After an accusation, until no answer of the service can be on its way any more. */
const TAIL_MS = 3_000;
const BUDGET_MS = 60_000;

/**
 * All users read from the service behind several edges, a ramp runs, and the service begins to fail a third of what it is
 * asked: how long until the controller says so, and until the last user has had an answer from it.
 */
export async function autoRollback(times: number, edges: number): Promise<AutoRollback> {
  const world = await startWorld({ size: { users: 100, vehicles: 20, trips: 500 } });
  const service = await startFaultyService(world.serviceUrl);
  const env = { BANYAN_PLANS: plans(), TRIPS_URL: service.url, LOG_LEVEL: 'fatal' };
  const banyan = await startDistributed(world, env, { edges });
  const users = { from: 11, count: 40 };
  const traffic = createTraffic({ baseUrl: banyan.edgeUrl, users, requestsPerSecond: 100 });
  const lookers = new Lookers(banyan.edgeUrls);
  try {
    await traffic.start();
    await banyan.walkTo('canary');
    await lookers.start();
    const measured = { lastAnswerMs: [] as number[], detectedMs: [] as number[] };
    for (let i = 0; i < times; i++) {
      await untilServed(banyan, lookers);
      const faultAt = Date.now();
      service.fail(FAILING_SHARE);
      const detectedAt = await untilAccused(banyan, faultAt);
      await new Promise((resolve) => setTimeout(resolve, TAIL_MS));
      service.fail(0);
      await compareAnew(banyan);
      measured.detectedMs.push(detectedAt - faultAt);
      measured.lastAnswerMs.push(Math.max(0, lookers.servedAt - detectedAt));
    }
    return measured;
  } finally {
    await lookers.stop();
    await traffic.stop();
    await banyan.stop();
    await service.stop();
    await world.stop();
  }
}

function plans(): string {
  return changedPlans((plan) => {
    const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
    Object.assign(plan, {
      ramp: { timeZone: 'UTC', hours: { days, from: '00:00', to: '23:59' }, minMinutes: 60, maxRegressions: 1_000 },
    });
    Object.assign(plan['rollout'] ?? {}, { ladder: [{ percent: 100 }] });
    Object.assign(plan['gates'] ?? {}, { shadow: QUICK_SHADOW, errors: { minRequests: 20 } });
  });
}

/** The run that saw the fault keeps the gate closed, as it should: the mended service is compared by another one. */
async function compareAnew({ control }: Distributed): Promise<void> {
  for (const verb of ['stop', 'start']) await control.post(`/v1/units/trips/shadow/${verb}`, WHY);
}

/** At canary, under a ramp, with every edge sending its readers to the service. */
async function untilServed(banyan: Distributed, lookers: Lookers): Promise<void> {
  let last: unknown;
  const isServed = async (): Promise<boolean> => {
    const { record } = await banyan.unit();
    if (record.stage.name !== 'canary') {
      last = await banyan.control.post('/v1/units/trips/stage', { ...WHY, to: 'canary' });
      return false;
    }
    const ramp = await banyan.control.get<{ ramp: { state: { kind: string } } }>('/v1/units/trips/ramp');
    if (ramp.ramp.state.kind !== 'running')
      last = await banyan.control.post('/v1/units/trips/ramp', { ...WHY, verb: 'start' });
    return ramp.ramp.state.kind === 'running' && lookers.allServed();
  };
  const quiet = (): Promise<boolean> => isServed().catch((error: unknown) => ((last = String(error)), false));
  if (await waitUntil(quiet, { budgetMs: BUDGET_MS, everyMs: 200 })) return;
  throw new Error(`never served by the service: ${JSON.stringify(last)}`);
}

/** When the journal says that the ramp went back. */
async function untilAccused(banyan: Distributed, since: number): Promise<number> {
  let at = Number.NaN;
  const isAccused = async (): Promise<boolean> => {
    const { journal } = await banyan.control.get<{ journal: JournalEntry[] }>('/v1/journal?unit=trips&limit=20');
    const line = journal.find((entry) => entry.action === 'ramp-back' && timeOf(entry) >= since);
    if (line) at = timeOf(line);
    return line !== undefined;
  };
  if (!(await waitUntil(isAccused, { budgetMs: BUDGET_MS, everyMs: 50 }))) throw new Error('the fault was never seen');
  return at;
}

function timeOf({ at }: JournalEntry): number {
  return Date.parse(`${at.replace(' ', 'T')}Z`);
}

/** Readers at every edge who note when they last had an answer of the service. */
class Lookers {
  servedAt = 0;
  readonly #edgeUrls: readonly string[];
  readonly #over = new AbortController();
  readonly #last = new Map<string, string>();
  #running: Promise<unknown> = Promise.resolve();

  constructor(edgeUrls: readonly string[]) {
    this.#edgeUrls = edgeUrls;
  }

  async start(): Promise<void> {
    const sessions = await Promise.all(
      Array.from({ length: LOOKERS }, (_, i) => sessionOf(this.#edgeUrls[0] ?? '', 60 + i)),
    );
    this.#running = Promise.all(
      sessions.map((session, i) => this.#look(session, this.#edgeUrls[i % this.#edgeUrls.length] ?? '')),
    );
  }

  /** True when the last answer through each edge was the service's. */
  allServed(): boolean {
    return this.#edgeUrls.every((url) => this.#last.get(url) === 'service');
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  async #look(session: Record<string, string>, url: string): Promise<void> {
    const headers = { ...session, 'x-banyan-explain': '1' };
    while (!this.#over.signal.aborted) {
      const answer = await fetch(`${url}/api/trips`, { headers });
      await answer.arrayBuffer();
      const target = answer.headers.get('x-banyan-target') ?? '';
      this.#last.set(url, target);
      if (target === 'service') this.servedAt = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
