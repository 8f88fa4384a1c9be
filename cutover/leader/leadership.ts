import { isBanyanError, messageOf, systemClock, type Log } from '../../shared/index.ts';
import { cutoverErrors } from '../errors.ts';
import type { Leader, LeaderLease } from './leader-lease.ts';
import { describeSeat, type Seat } from './seat.ts';
import type { Term } from './term-fence.ts';

/** Where a process stands, for whoever asks it. */
export interface LeaderStanding {
  readonly leads: boolean;
  /** The one that leads, or led last; absent while nobody knows one. */
  readonly leader?: Pick<Leader, 'term' | 'machine' | 'address'>;
}

/**
 * Leads until `over`, whose reason is a LEADER_LOST unless this process is stopped, and says when it is `ready` to be asked. Resolves once everything it opened is closed again; a
 * rejection ends this process's part for good.
 */
export type Reign = (term: number, over: AbortSignal, ready: () => void) => Promise<void>;

export interface LeadershipParts {
  readonly lease: Pick<LeaderLease, 'read' | 'take' | 'renew' | 'release'>;
  readonly leaseMs: number;
  /** Whether the process at a seat is known to have ended. Asked once, when this one starts. */
  readonly isGone: (former: Seat, own: Seat) => Promise<boolean>;
  readonly log: Log;
  /** Milliseconds of a clock that never jumps. */
  readonly now?: () => number;
}

/** For how long a leader that is silent goes on being it. */
export const LEADER_LEASE_MS = 5_000;
/** As often as the leader renews within one lease. */
const RENEWALS = 5;
/** As often as a standby looks within one lease. */
const LOOKS = 10;

/**
 * One process's part in who leads. A standby looks at the lease and takes it when it has ended; the leader renews it. One
 * that finds another term in the database leads no longer, ends its reign, and stands by again. While the database does
 * not answer, the leader stays what it was: without the database nobody else can become it.
 */
export class Leadership implements Term {
  readonly #parts: LeadershipParts;
  readonly #now: () => number;
  readonly #stop = new AbortController();
  readonly #placed = Promise.withResolvers<void>();
  #running: Promise<void> = Promise.resolve();
  #leader: LeaderStanding['leader'];
  #term: number | undefined;
  #until = 0;

  constructor(parts: LeadershipParts) {
    this.#parts = parts;
    this.#now = parts.now ?? (() => performance.now());
  }

  get term(): number {
    if (this.#term === undefined) throw this.elsewhere();
    return this.#term;
  }

  standing(): LeaderStanding {
    const leads = this.#term !== undefined && this.#now() < this.#until;
    if (!this.#leader) return { leads };
    const { term, machine, address } = this.#leader;
    return { leads, leader: { term, machine, address } };
  }

  /** For whoever asks a standby for what only the leader does. */
  elsewhere(): Error {
    const message = this.#leader
      ? `this control process is a standby; ${describeSeat(this.#leader)} leads by term ${this.#leader.term}`
      : 'this control process does not lead, and knows of nobody who does yet';
    return cutoverErrors.error('LEADER_ELSEWHERE', { message });
  }

  /** Resolves once it leads and is ready, or stands by. */
  async start(seat: Seat, reign: Reign): Promise<void> {
    this.#running = this.#rule(seat, reign);
    this.#running.catch(() => undefined); // Whoever looks at `ended` hears of it.
    await Promise.race([this.#placed.promise, this.#running]);
  }

  /** Resolves after `stop`; rejects when a reign fails. */
  get ended(): Promise<void> {
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running.catch(() => undefined);
  }

  async #rule(seat: Seat, reign: Reign): Promise<void> {
    const { signal } = this.#stop;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const term = await this.#look(seat, isFirst);
      if (term !== undefined) await this.#lead(term, reign);
      this.#placed.resolve();
      await systemClock.sleep(this.#parts.leaseMs / LOOKS, signal);
    }
  }

  /** The term to lead by; undefined while somebody else leads, or nobody can tell. */
  async #look(seat: Seat, isFirst: boolean): Promise<number | undefined> {
    const { lease, isGone, log } = this.#parts;
    try {
      const leader = await lease.read();
      const isHeld = leader.leftMs > 0;
      const isDead = isFirst && isHeld && (await isGone(leader, seat));
      const askedAt = this.#now();
      const term = isHeld && !isDead ? undefined : await lease.take(leader.term, seat, isDead);
      this.#leader = term === undefined ? leader : { ...seat, term };
      if (term !== undefined) this.#until = askedAt + this.#parts.leaseMs;
      else if (isFirst) log.warn({ leader: describeSeat(leader) }, 'somebody else leads; standing by');
      return term;
    } catch (error) {
      log.warn({ problem: messageOf(error) }, 'nobody can tell who leads');
      return undefined;
    }
  }

  async #lead(term: number, reign: Reign): Promise<void> {
    const { lease, leaseMs, log } = this.#parts;
    const over = new AbortController();
    const end = (): void => over.abort();
    this.#stop.signal.addEventListener('abort', end);
    this.#term = term;
    const renewing = setInterval(() => void this.#renew(term, over), leaseMs / RENEWALS);
    log.info({ term }, 'this control process leads');
    try {
      await reign(term, over.signal, () => this.#placed.resolve());
    } catch (error) {
      if (!isDeposed(error)) throw error;
      this.#depose(term, over);
    } finally {
      clearInterval(renewing);
      this.#stop.signal.removeEventListener('abort', end);
      this.#term = undefined;
      await lease.release(term).catch(() => undefined); // It ends by itself.
    }
  }

  async #renew(term: number, over: AbortController): Promise<void> {
    const askedAt = this.#now();
    try {
      if (await this.#parts.lease.renew(term)) this.#until = Math.max(this.#until, askedAt + this.#parts.leaseMs);
      else if (!over.signal.aborted) this.#depose(term, over);
    } catch (error) {
      const code = isBanyanError(error) ? error.code : messageOf(error);
      this.#parts.log.warn({ term, problem: code }, 'the lease of the leader could not be renewed');
    }
  }

  #depose(term: number, over: AbortController): void {
    const message = `term ${term} of this process is over: somebody else leads`;
    this.#parts.log.error({ term }, message);
    this.#until = 0;
    over.abort(cutoverErrors.error('LEADER_LOST', { message }));
  }
}

function isDeposed(error: unknown): boolean {
  return isBanyanError(error) && error.code === 'LEADER_DEPOSED';
}
