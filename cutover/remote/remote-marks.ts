import { emptyPosition, parsePosition, type Position } from '../../cdc/index.ts';
import type { ApiClient, Log } from '../../shared/index.ts';
import type { Side } from '../stage.ts';
import type { UnitMarks } from '../unit/unit-marks.ts';
import type { StreamDirection } from '../unit/unit-runtime.ts';
import { FeedReader } from './feed-reader.ts';
import type { MarksOnTheWire } from './sync-api.ts';

/** How often there is an answer at the least; a level copy is known to be so within this time. */
const HOLD_MS = 200;
const HEAD_LIMIT_MS = 2_000;

/**
 * The marks of all units of a sync process, as an edge of another process knows them. What is late only makes the edge
 * more careful: a watermark is never newer than the truth, and how long ago the copy was level is counted from before
 * the answer was written, so that no network can make it younger.
 */
export class RemoteMarks {
  readonly #client: ApiClient;
  readonly #units: ReadonlyMap<string, KnownMarks>;
  readonly #reader: FeedReader<Record<string, MarksOnTheWire>>;

  constructor(client: ApiClient, units: readonly string[], log: Log) {
    this.#client = client;
    this.#units = new Map(units.map((unit) => [unit, new KnownMarks((side) => this.#head(unit, side))]));
    this.#reader = new FeedReader({
      client,
      path: '/v1/marks',
      holdMs: HOLD_MS,
      peer: `sync at ${client.url}`,
      whileLost: 'while legacy owns, reads go to it as soon as the copy counts as late',
      accept: (marks, trueAt) => this.#accept(marks, trueAt),
      log,
    });
  }

  of(unit: string): UnitMarks {
    const marks = this.#units.get(unit);
    if (!marks) throw new RangeError(`no unit ${unit}`);
    return marks;
  }

  start(): void {
    this.#reader.start();
  }

  stop(): Promise<void> {
    return this.#reader.stop();
  }

  #accept(marks: Record<string, MarksOnTheWire>, trueAt: number): void {
    for (const [unit, known] of this.#units) known.accept(marks[unit], trueAt);
  }

  async #head(unit: string, side: Side): Promise<Position> {
    const path = `/v1/units/${encodeURIComponent(unit)}/head`;
    const { result } = await this.#client.post<{ result: string }>(path, { side }, { timeoutMs: HEAD_LIMIT_MS });
    return parsePosition(result);
  }
}

class KnownMarks implements UnitMarks {
  readonly head: (side: Side) => Promise<Position>;
  #forward = emptyPosition;
  #reverse = emptyPosition;
  #levelAt = Number.NEGATIVE_INFINITY;

  constructor(head: (side: Side) => Promise<Position>) {
    this.head = head;
  }

  watermark(direction: StreamDirection): Position {
    return direction === 'forward' ? this.#forward : this.#reverse;
  }

  levelAgeMs(): number {
    return performance.now() - this.#levelAt;
  }

  accept(marks: MarksOnTheWire | undefined, trueAt: number): void {
    if (!marks || marks.levelAgeMs === null) this.#levelAt = Number.NEGATIVE_INFINITY;
    else this.#levelAt = Math.max(this.#levelAt, trueAt - marks.levelAgeMs);
    if (!marks) return;
    this.#forward = parsePosition(marks.forward);
    this.#reverse = parsePosition(marks.reverse);
  }
}
