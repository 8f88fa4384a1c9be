import type { Announcement, ForeignMark, MarkExchange, MarkFollower, SharedMark } from '../../edge/index.ts';
import type { FromEdge, MarkLine, MarkNews } from './messages.ts';

export interface LedgerParts {
  readonly isLive: () => boolean;
  /** True while control hears and answers. */
  readonly isConnected: () => boolean;
  /** True when no other edge can be live, whatever it knows. */
  readonly isAlone: () => boolean;
  readonly send: (message: FromEdge) => void;
}

/** The edge's end of the exchange of marks: its own writes that the others are told of, and theirs. */
export class MarkLedger implements MarkExchange {
  readonly #parts: LedgerParts;
  readonly #own = new Map<number, OwnMark>();
  /** Those of them that are not clear, oldest first. */
  #unclear: OwnMark[] = [];
  readonly #foreign = new Map<string, Map<number, ForeignMark>>();
  #follower: MarkFollower | undefined;
  #marks: MarkLine[] = [];
  #ends: [number, string | null][] = [];
  #ack: number | undefined;
  #isFlushing = false;
  #ticket = 0;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  isLive(): boolean {
    return this.#parts.isLive();
  }

  canTell(): boolean {
    return this.#parts.isConnected();
  }

  follow(follower: MarkFollower): void {
    this.#follower = follower;
  }

  announce({ side, unit, subject, entity }: SharedMark): Announcement {
    const line: MarkLine = [++this.#ticket, side, unit, subject ?? null, entity ?? null];
    const own = new OwnMark(line, (at) => this.#ended(line[0], at));
    this.#own.set(line[0], own);
    this.#marks.push(line);
    this.#flushSoon();
    if (this.#parts.isAlone()) own.clear();
    else this.#unclear.push(own);
    return own;
  }

  /** Everybody knows of the writes up to this one. */
  settled(ticket: number): void {
    while ((this.#unclear[0]?.line[0] ?? Number.POSITIVE_INFINITY) <= ticket) this.#unclear.shift()?.clear();
  }

  /** To be called a few times a second: silence clears, too. */
  look(): void {
    if (this.#unclear.length > 0 && this.#parts.isAlone()) this.settled(this.#ticket);
  }

  /** A new connection begins: answers what control has to hear first. What was heard in the last one is void. */
  restart(): readonly MarkLine[] {
    this.membershipChanged();
    for (const marks of this.#foreign.values()) for (const mark of marks.values()) mark.drop();
    this.#foreign.clear();
    [this.#marks, this.#ends, this.#ack] = [[], [], undefined];
    return [...this.#own.values()].map(({ line }) => line);
  }

  take({ revision, from, marks, ends, isAll }: MarkNews): void {
    const known = this.#foreign.get(from) ?? new Map<number, ForeignMark>();
    this.#foreign.set(from, known);
    if (isAll) this.#dropAllBut(marks, known);
    for (const [ticket, side, unit, subject, entity] of marks) {
      if (known.has(ticket)) continue;
      const mark = { unit, side, subject: subject ?? undefined, entity: entity ?? undefined };
      if (this.#follower) known.set(ticket, this.#follower.begun(mark));
    }
    for (const [ticket, at] of ends) {
      known.get(ticket)?.end(at ?? undefined);
      known.delete(ticket);
    }
    this.#ack = revision;
    this.#flushSoon();
  }

  gone(from: string): void {
    for (const mark of this.#foreign.get(from)?.values() ?? []) mark.abandon();
    this.#foreign.delete(from);
  }

  /** Edges have come or gone. */
  membershipChanged(): void {
    this.#follower?.membershipChanged();
  }

  /** The floor comes first: no moment without the one or the other. */
  #dropAllBut(marks: readonly MarkLine[], known: Map<number, ForeignMark>): void {
    this.membershipChanged();
    const open = new Set(marks.map(([ticket]) => ticket));
    for (const [ticket, mark] of known) {
      if (open.has(ticket)) continue;
      mark.drop();
      known.delete(ticket);
    }
  }

  #ended(ticket: number, at: string | undefined): void {
    this.#own.delete(ticket);
    this.#ends.push([ticket, at ?? null]);
    this.#flushSoon();
  }

  /** All that happens in one turn of the event loop goes in one message. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushing = false;
    const [marks, ends, ack] = [this.#marks, this.#ends, this.#ack];
    [this.#marks, this.#ends, this.#ack] = [[], [], undefined];
    if (marks.length === 0 && ends.length === 0 && ack === undefined) return;
    this.#parts.send({
      ...(marks.length > 0 ? { marks } : {}),
      ...(ends.length > 0 ? { ends } : {}),
      ...(ack === undefined ? {} : { ack }),
    });
  }
}

/** One write of this edge. */
class OwnMark implements Announcement {
  readonly line: MarkLine;
  readonly #onEnd: (at: string | undefined) => void;
  #listeners: (() => void)[] = [];
  #isClear = false;

  constructor(line: MarkLine, onEnd: (at: string | undefined) => void) {
    this.line = line;
    this.#onEnd = onEnd;
  }

  get isClear(): boolean {
    return this.#isClear;
  }

  onClear(listener: () => void): void {
    this.#listeners.push(listener);
  }

  clear(): void {
    this.#isClear = true;
    for (const listener of this.#listeners.splice(0)) listener();
  }

  end(at: string | undefined): void {
    this.#onEnd(at);
  }
}
