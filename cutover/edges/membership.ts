/**
 * How long an edge may go on calling itself live after control last heard from all edges. Everything that several edges
 * must agree on waits no longer than this for one that is silent.
 */
export const LEASE_MS = 2_000;

export interface Member {
  readonly name: string;
  isConnected: boolean;
  /** When the newest beat that it has echoed was sent; in this connection. */
  echoedAt: number;
  /** It was never told that it may call itself live any later. */
  liveUntil: number;
  /** Since when its connection is gone. */
  lostAt: number;
}

const NEVER = Number.NEGATIVE_INFINITY;

/**
 * The lease arithmetic of the edges. Pure; all times are milliseconds of one clock that never jumps.
 *
 * An edge is told that it may call itself live until a lease after the moment at which the most silent edge is known to
 * have been in contact, and nobody is told anything while an edge has not yet seen the present membership. Hence, turned
 * around: an edge that stops echoing knows that one lease after the last beat it echoed (or after it came) nobody calls
 * itself live, itself included (docs/adr/0015).
 */
export class Membership {
  readonly #members = new Map<string, Member>();
  readonly #leaseMs: number;
  #changedAt = NEVER;
  #version = 0;

  constructor(leaseMs = LEASE_MS) {
    this.#leaseMs = leaseMs;
  }

  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#members.size;
  }

  members(): IterableIterator<Member> {
    return this.#members.values();
  }

  get(name: string): Member | undefined {
    return this.#members.get(name);
  }

  /** A member of a former control process, which may have told it anything. */
  restore(name: string, now: number): void {
    this.#members.set(name, { name, isConnected: false, echoedAt: NEVER, liveUntil: now + this.#leaseMs, lostAt: now });
    this.#changed(now);
  }

  /** A new edge, or a known one in a new connection. */
  join(name: string, now: number): void {
    const liveUntil = this.#members.get(name)?.liveUntil ?? NEVER;
    this.#members.set(name, { name, isConnected: true, echoedAt: NEVER, liveUntil, lostAt: NEVER });
    this.#changed(now);
  }

  /** Its connection is gone. It may be at work all the same. */
  lose(name: string, now: number): void {
    const member = this.#members.get(name);
    if (!member) return;
    member.isConnected = false;
    member.lostAt = now;
  }

  /** It is known to carry no request any more. */
  remove(name: string, now: number): void {
    if (this.#members.delete(name)) this.#changed(now);
  }

  /** The edge has dealt with everything up to a beat that was sent at `sentAt`. */
  echo(name: string, sentAt: number): void {
    const member = this.#members.get(name);
    if (member) member.echoedAt = Math.max(member.echoedAt, sentAt);
  }

  /** For how long from now the edge may be told to call itself live; 0 when it may not. */
  grant(name: string, now: number): number {
    const member = this.#members.get(name);
    const forMs = Math.max(0, this.#contactOfAll() + this.#leaseMs - now);
    if (!member || forMs === 0) return 0;
    member.liveUntil = Math.max(member.liveUntil, now + forMs);
    return forMs;
  }

  /** When the edge that was heard of least lately is known to have been in contact. */
  #contactOfAll(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const { echoedAt } of this.#members.values()) at = Math.min(at, echoedAt);
    return at >= this.#changedAt ? at : NEVER;
  }

  #changed(now: number): void {
    this.#version++;
    this.#changedAt = now;
  }
}
