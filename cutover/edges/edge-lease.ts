import { LEASE_MS } from './membership.ts';
import type { Beat } from './messages.ts';

const PINGS_REMEMBERED = 64;
/** Two clocks run alike over a lease, but for this. */
const SLACK_MS = 100;

/** A beat that was dealt with. */
interface Known {
  /** 0: of a former connection. */
  readonly number: number;
  readonly at: number;
  readonly others: number;
}

/** What an edge concludes from its pings and control's beats. Counts by its own clock only. */
export class EdgeLease {
  readonly #leaseMs: number;
  readonly #pings = new Map<number, number>();
  #ping = 0;
  #beat: Known = { number: 0, at: Number.NEGATIVE_INFINITY, others: 1 };
  #echoed: Known = { number: 0, at: performance.now(), others: 1 };
  #liveUntil = Number.NEGATIVE_INFINITY;
  #membership = -1;

  constructor(leaseMs = LEASE_MS) {
    this.#leaseMs = leaseMs;
  }

  get isLive(): boolean {
    return performance.now() < this.#liveUntil;
  }

  /**
   * True when no other edge can be live: there was none in the last beat that was echoed, and none can have been let in
   * since without our echo; or that was longer ago than anybody's lease.
   */
  get isAlone(): boolean {
    const { at, others } = this.#echoed;
    return others === 0 || performance.now() > at + this.#leaseMs + SLACK_MS;
  }

  /** A new connection begins: its pings and beats are numbered anew. */
  restart(): void {
    this.#beat = { ...this.#beat, number: 0 };
    this.#pings.clear();
    this.#membership = -1;
  }

  /** The next ping to send. It echoes what has been dealt with, and so everything that came before that. */
  ping(): { number: number; echo: number } {
    const number = ++this.#ping;
    this.#pings.set(number, performance.now());
    this.#pings.delete(number - PINGS_REMEMBERED);
    if (this.#beat.number > 0) this.#echoed = this.#beat;
    return { number, echo: this.#beat.number };
  }

  /** True when edges have come or gone since the last beat. */
  take({ number, ping, liveForMs, membership, others }: Beat): boolean {
    this.#beat = { number, at: performance.now(), others };
    const askedAt = this.#pings.get(ping);
    if (askedAt !== undefined) this.#liveUntil = Math.max(this.#liveUntil, askedAt + liveForMs);
    const hasChanged = membership !== this.#membership;
    this.#membership = membership;
    return hasChanged;
  }
}
