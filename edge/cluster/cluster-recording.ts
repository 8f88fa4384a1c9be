import { systemClock } from '../../shared/index.ts';
import type { RecordedRequest } from '../record/recorded-request.ts';
import type { RecordingCounts, RecordOrder, RecordSink } from '../record/request-recorder.ts';
import type { Member } from './member.ts';
import type { RecordedWord } from './messages.ts';

/** One worker's part in a recording, until its last word on it. */
interface Part {
  /** As it said last. */
  dropped: number;
  readonly answered: PromiseWithResolvers<void>;
  readonly over: PromiseWithResolvers<void>;
}

const ANSWER_MS = 2_000;

/** One recording of all workers. A worker that comes takes part; one that goes without a last word counts as lost. */
export class ClusterRecording {
  readonly #number: number;
  readonly #order: RecordOrder;
  readonly #sink: RecordSink;
  readonly #startedAt = performance.now();
  readonly #parts = new Map<Member, Part>();
  #refused: string | undefined;
  #hasBegun = false;
  #taken = 0;
  /** What was not taken here, and what the workers that are through have dropped. */
  #dropped = 0;
  #lost = 0;

  constructor(number: number, order: RecordOrder, sink: RecordSink) {
    this.#number = number;
    this.#order = order;
    this.#sink = sink;
  }

  /** Why there is nothing to record; undefined when at least one worker does. */
  get refused(): string | undefined {
    if (this.#hasBegun) return undefined;
    return this.#refused ?? 'no process of this edge has answered; it may be starting';
  }

  /** Resolves when all workers that can record do, or could have said so. The others join when they can. */
  async begin(members: Iterable<Member>): Promise<void> {
    const serving = [...members].filter(({ isServing }) => isServing);
    await withinPatience(serving.map((member) => this.join(member)));
  }

  /** Resolves when the worker records, or has said why not, or is gone. */
  join(member: Member): Promise<void> {
    const part: Part = { dropped: 0, answered: Promise.withResolvers(), over: Promise.withResolvers() };
    this.#parts.set(member, part);
    member.tell({ record: { number: this.#number, order: this.#orderOfNow() } });
    return part.answered.promise;
  }

  hear(member: Member, { number, request, dropped, refused, isOver }: RecordedWord): void {
    const part = this.#parts.get(member);
    if (!part || number !== this.#number) return;
    part.dropped = dropped;
    if (refused === undefined) this.#hasBegun = true;
    else this.#refused = refused;
    if (request) this.#take(request);
    if (isOver) this.#close(member, part);
    part.answered.resolve();
  }

  /** A worker is gone, or says nothing: if that was not its last word, nobody knows what it had. */
  leave(member: Member): void {
    const part = this.#parts.get(member);
    if (!part) return;
    this.#lost++;
    this.#close(member, part);
  }

  /** Resolves with what all have said; whoever says nothing in time counts as lost. */
  async end(): Promise<RecordingCounts> {
    const parts = [...this.#parts];
    for (const [member] of parts) member.tell({ record: { number: this.#number } });
    await withinPatience(parts.map(([, { over }]) => over.promise));
    for (const member of this.#parts.keys()) this.leave(member);
    return { taken: this.#taken, dropped: this.#dropped, lost: this.#lost };
  }

  /** The same beginning for all, whatever was done to the machine's clock meanwhile. */
  #orderOfNow(): RecordOrder {
    return { ...this.#order, beganAt: Date.now() - (performance.now() - this.#startedAt) };
  }

  #take(request: RecordedRequest): void {
    const open = [...this.#parts.values()].reduce((sum, { dropped }) => sum + dropped, 0);
    if (this.#sink(request, { dropped: this.#dropped + open, lost: this.#lost })) this.#taken++;
    else this.#dropped++;
  }

  #close(member: Member, part: Part): void {
    this.#parts.delete(member);
    this.#dropped += part.dropped;
    part.answered.resolve();
    part.over.resolve();
  }
}

async function withinPatience(work: readonly Promise<void>[]): Promise<void> {
  const enough = new AbortController();
  await Promise.race([Promise.all(work), systemClock.sleep(ANSWER_MS, enough.signal)]);
  enough.abort();
}
