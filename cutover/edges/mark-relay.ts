import type { EdgeRoster } from './edge-roster.ts';
import type { EdgeSession } from './edge-session.ts';
import type { EndLine, MarkLine } from './messages.ts';

interface Waiting {
  readonly ticket: number;
  readonly revision: number;
}

/** What control keeps of one edge's writes. */
class EdgeMarks {
  /** Writes that have not ended. */
  readonly open = new Map<number, MarkLine>();
  /** Writes the edge waits to hear of, oldest first. */
  waiting: Waiting[] = [];
  /** The newest revision this edge has dealt with in its present connection. */
  acked = 0;
}

/**
 * Passes the writes of each edge on to the others, and tells the edge when all of them know, or cannot call themselves
 * live. An edge that comes is told of all writes under way. In memory: whoever comes after a restart of control begins
 * with a floor.
 */
export class MarkRelay {
  readonly #roster: EdgeRoster;
  readonly #now: () => number;
  readonly #edges = new Map<string, EdgeMarks>();
  #revision = 0;

  constructor(roster: EdgeRoster, now: () => number) {
    this.#roster = roster;
    this.#now = now;
  }

  /** An edge has come, with its writes under way. Both it and the others learn what they may have missed. */
  join(session: EdgeSession): void {
    const { name, hello } = session;
    const own = new EdgeMarks();
    this.#edges.set(name, own);
    for (const [other, { open }] of this.#edges)
      if (other !== name)
        session.send({ marks: { revision: this.#revision, from: other, marks: [...open.values()], ends: [] } });
    this.#keep(own, hello.marks, []);
    this.#tell(name, hello.marks, [], { isAll: true });
    this.#settle(name, own);
  }

  take({ name }: EdgeSession, marks: readonly MarkLine[], ends: readonly EndLine[]): void {
    const own = this.#edges.get(name);
    if (!own) return;
    this.#keep(own, marks, ends);
    this.#tell(name, marks, ends);
    this.#settle(name, own);
  }

  ack({ name }: EdgeSession, revision: number): void {
    const own = this.#edges.get(name);
    if (!own) return;
    own.acked = revision;
    this.settle();
  }

  /** It is known to carry no request any more. */
  remove(name: string): void {
    if (!this.#edges.delete(name)) return;
    for (const session of this.#roster.connected()) if (session.name !== name) session.send({ gone: name });
    this.settle();
  }

  /** To be called a few times a second: leases run out without a word. */
  settle(): void {
    for (const [name, own] of this.#edges) if (own.waiting.length > 0) this.#settle(name, own);
  }

  #keep(own: EdgeMarks, marks: readonly MarkLine[], ends: readonly EndLine[]): void {
    if (marks.length > 0) this.#revision++;
    for (const mark of marks) {
      own.open.set(mark[0], mark);
      own.waiting.push({ ticket: mark[0], revision: this.#revision });
    }
    for (const [ticket] of ends) own.open.delete(ticket);
  }

  #tell(from: string, marks: readonly MarkLine[], ends: readonly EndLine[], all: { isAll?: true } = {}): void {
    const news = { revision: this.#revision, from, marks, ends, ...all };
    for (const session of this.#roster.connected()) if (session.name !== from) session.send({ marks: news });
  }

  #settle(name: string, own: EdgeMarks): void {
    const known = this.#knownToAll(name);
    const open = own.waiting.findIndex(({ revision }) => revision > known);
    const settled = own.waiting.splice(0, open < 0 ? own.waiting.length : open).at(-1);
    const session = this.#roster.connected().find((one) => one.name === name);
    if (settled) session?.send({ settled: settled.ticket });
  }

  /** The newest revision that every other edge which may call itself live has dealt with. */
  #knownToAll(name: string): number {
    const now = this.#now();
    let known = Number.POSITIVE_INFINITY;
    for (const member of this.#roster.membership.members()) {
      if (member.name === name || now > member.liveUntil) continue;
      known = Math.min(known, this.#edges.get(member.name)?.acked ?? 0);
    }
    return known;
  }
}
