import { createRandom, type Random } from './random.ts';
import { createClient, type Client } from './client.ts';
import { Stats, type TrafficReport } from './stats.ts';
import type { TrackedTrip } from './tracked.ts';
import { takeTurn } from './turn.ts';
import { VirtualUser } from './virtual-user.ts';

const TICK_MS = 10;
const LOGINS_AT_ONCE = 16;
/** What could not be sent in time is not sent later in a heap. */
const MAX_DEBT_MS = 250;

export interface TrafficOptions {
  /** The edge or legacy itself. */
  readonly baseUrl: string;
  /** Ids of seeded users, or a range of them. */
  readonly users: readonly number[] | { readonly from: number; readonly count: number };
  readonly requestsPerSecond: number;
  /** Chooses what is done and when; the tokens are fresh each time. */
  readonly seed?: number;
  /** Sends `x-banyan-explain: 1` and counts answers by target. */
  readonly explain?: boolean;
  readonly connections?: number;
  readonly timeoutMs?: number;
}

/** Tokens of acknowledged writes. */
export interface Acknowledged {
  readonly trips: readonly string[];
  readonly points: readonly string[];
  readonly feedback: readonly string[];
}

export interface Traffic {
  /** Resolves when every user is logged in; rejects when none could. Then requests flow until pause or stop. */
  start(): Promise<void>;
  /** Resolves when no request is under way. */
  pause(): Promise<void>;
  resume(): void;
  stop(): Promise<TrafficReport>;
  report(): TrafficReport;
  acknowledged(): Acknowledged;
  /** Every trip of this run with its legal states and positions: what `reconcile` compares. */
  tracked(): readonly TrackedTrip[];
}

export function createTraffic(o: TrafficOptions): Traffic {
  return new UserTraffic(o);
}

class UserTraffic implements Traffic {
  private readonly client: Client;
  private readonly stats = new Stats();
  private readonly random: Random;
  private readonly rate: number;
  private readonly users: { user: VirtualUser; random: Random }[];
  private idle: { user: VirtualUser; random: Random }[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private due = 0;
  private lastTick = 0;

  constructor(o: TrafficOptions) {
    const { baseUrl, seed = 1, explain = false, connections = 64, timeoutMs = 30_000 } = o;
    this.client = createClient({ baseUrl, connections, explain, timeoutMs });
    this.random = createRandom(seed, 'traffic');
    this.rate = o.requestsPerSecond;
    this.users = idsOf(o.users).map((userId) => {
      const random = createRandom(seed, `user ${userId}`);
      return { user: new VirtualUser({ userId, client: this.client, stats: this.stats, random }), random };
    });
  }

  async start(): Promise<void> {
    const waiting = [...this.users];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift())
        if (await next.user.login(`pw-${next.user.model.userId}`)) this.idle.push(next);
    };
    await Promise.all(Array.from({ length: LOGINS_AT_ONCE }, work));
    if (this.idle.length === 0) throw new Error(`no user could log in: ${JSON.stringify(this.report().failures[0])}`);
    // the order in which logins ended must not decide who goes first
    this.idle.sort((a, b) => a.user.model.userId - b.user.model.userId);
    this.resume();
  }

  resume(): void {
    if (this.timer) return;
    this.lastTick = performance.now();
    this.due = 0;
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  async pause(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await Promise.all(this.underWay);
  }

  async stop(): Promise<TrafficReport> {
    await this.pause();
    await this.client.close();
    return this.report();
  }

  report(): TrafficReport {
    return this.stats.report();
  }

  tracked(): readonly TrackedTrip[] {
    return this.users.flatMap(({ user }) => user.model.trips);
  }

  acknowledged(): Acknowledged {
    const trips = this.tracked();
    return {
      trips: trips.filter((trip) => trip.id !== undefined).map((trip) => trip.clientRef),
      points: trips.flatMap((trip) => trip.points.filter((p) => p.acknowledged).map((point) => point.clientRef)),
      feedback: this.users.flatMap(({ user }) => user.model.feedback),
    };
  }

  /** Starts as many turns as the rate allows. A user who still waits for an answer is left alone. */
  private tick(): void {
    const now = performance.now();
    this.due = Math.min(this.due + ((now - this.lastTick) * this.rate) / 1000, (MAX_DEBT_MS * this.rate) / 1000 + 1);
    this.lastTick = now;
    while (this.due >= 1 && this.idle.length > 0) this.launch();
  }

  private launch(): void {
    const at = this.random.int(0, this.idle.length - 1);
    const next = this.idle[at]!;
    this.idle[at] = this.idle.at(-1)!;
    this.idle.pop();
    const turn = this.take(next).finally(() => this.underWay.delete(turn));
    this.underWay.add(turn);
  }

  private async take(next: { user: VirtualUser; random: Random }): Promise<void> {
    const before = next.user.sent;
    this.due -= 1;
    await takeTurn(next.user, next.random);
    // a write that is read back at once was more than one request
    this.due -= next.user.sent - before - 1;
    this.idle.push(next);
  }
}

function idsOf(users: TrafficOptions['users']): readonly number[] {
  if (!('from' in users)) return users;
  return Array.from({ length: users.count }, (_, i) => users.from + i);
}
