import { createHmac } from 'node:crypto';
import { Agent, get } from 'node:http';
import {
  defaultVerdictTarget,
  judgeRoute,
  type FieldCounts,
  type RouteCounts,
  type RouteVerdict,
  type ShadowCounts,
} from '../../edge/index.ts';
import { waitUntil, seededRandom } from '../../shared/index.ts';
import { openShadowWorld, ROUTE, SECRET, TRIPS, type ShadowWorld, type WorldOptions } from './shadow-world.ts';

export interface SoakOptions extends Partial<WorldOptions> {
  readonly requests: number;
  readonly seed: number;
}

export interface SoakReport {
  readonly requests: number;
  /** Users who were not answered as control answers. */
  readonly failed: number;
  /** And what they met, with how often. */
  readonly why: Readonly<Record<string, number>>;
  readonly verdict: RouteVerdict;
  readonly fields: readonly FieldCounts[];
  readonly counts: ShadowCounts;
}

const AT_ONCE = 16;
const USERS = 200;
const LOOK_EVERY = 500;
/** For what is parked when the last request has ended. */
const SETTLE_MS = 40_000;

/** Users ask, the edge mirrors and judges; ends at the last request, or when the verdict is fail. */
export async function soakShadow({ requests, seed, ...options }: SoakOptions): Promise<SoakReport> {
  const world = await openShadowWorld({ seed, maxLagMs: 0, secondControl: 0.2, ...options });
  const users = new Users(world.port, seed);
  try {
    while (users.asked < requests && !isFailed(world)) await users.ask(Math.min(LOOK_EVERY, requests - users.asked));
    await waitUntil(() => world.edge.shadow('trips').parked === 0, { budgetMs: SETTLE_MS, everyMs: 20 });
    const { fields } = countsOf(world);
    const { asked, failed, why } = users;
    return { requests: asked, failed, why, verdict: verdictOf(world), fields, counts: world.edge.shadow('trips') };
  } finally {
    users.close();
    await world.close();
  }
}

class Users {
  asked = 0;
  failed = 0;
  readonly why: Record<string, number> = {};
  readonly #port: number;
  readonly #random: () => number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

  constructor(port: number, seed: number) {
    this.#port = port;
    this.#random = seededRandom(seed + 1);
  }

  async ask(count: number): Promise<void> {
    let left = count;
    const worker = async (): Promise<void> => {
      while (left-- > 0) await this.#askOnce();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    this.asked += count;
  }

  close(): void {
    this.#agent.destroy();
  }

  #askOnce(): Promise<void> {
    const [trip, user] = [Math.floor(this.#random() * TRIPS), 1 + Math.floor(this.#random() * USERS)];
    const headers = { cookie: `fleet_session=${sessionOf(user)}` };
    return new Promise((resolve) => {
      const ended = (problem?: string): void => {
        if (problem) this.why[problem] = (this.why[problem] ?? 0) + 1;
        if (problem) this.failed++;
        resolve();
      };
      get({ port: this.#port, path: `/api/trips/${trip}`, headers, agent: this.#agent }, (answer) => {
        answer.resume().on('end', () => ended(answer.statusCode === 200 ? undefined : String(answer.statusCode)));
      }).on('error', ({ message }) => ended(message));
    });
  }
}

function isFailed(world: ShadowWorld): boolean {
  return world.edge.shadow('trips').samples > 0 && verdictOf(world).verdict === 'fail';
}

function verdictOf(world: ShadowWorld): RouteVerdict {
  return judgeRoute(countsOf(world), { ...defaultVerdictTarget, maxLagShare: 1 });
}

function countsOf({ edge }: ShadowWorld): RouteCounts {
  const seen = edge.shadowLedger('trips')?.routes[ROUTE];
  if (!seen) throw new Error('nothing was mirrored');
  return seen.counts;
}

function sessionOf(user: number): string {
  const text = `${user}.s1.4102444800`;
  return `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`;
}
