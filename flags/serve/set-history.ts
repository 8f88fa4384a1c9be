import { randomUUID } from 'node:crypto';
import { emptyFeatureSet, type FeatureSet } from '../feature-set.ts';
import { changesBetween, type DeltaEvent, type Hydration } from './delta-event.ts';

/** So many events are remembered for SDKs that ask for what changed; whoever is further behind gets the whole set. */
const REMEMBERED = 256;

/** The sets this process has served, as a row of numbered events. */
export class SetHistory {
  /** Numbers of another process mean something else. */
  readonly process: string = randomUUID().slice(0, 8);
  readonly #events: DeltaEvent[] = [];
  #set: FeatureSet = emptyFeatureSet;
  #lastId = 0;

  get lastId(): number {
    return this.#lastId;
  }

  /** The events that lead from the set before to this one; none when nothing is different. */
  accept(set: FeatureSet): readonly DeltaEvent[] {
    const events = changesBetween(this.#set, set).map((change) => ({ ...change, eventId: ++this.#lastId }));
    this.#set = set;
    this.#events.push(...events);
    this.#events.splice(0, this.#events.length - REMEMBERED);
    return events;
  }

  hydration(): Hydration {
    const { features, segments = [] } = this.#set;
    return { type: 'hydration', eventId: this.#lastId, features, segments };
  }

  /** What came after an event; undefined when that is no longer known. */
  since(eventId: number): readonly DeltaEvent[] | undefined {
    if (eventId > this.#lastId || eventId < this.#lastId - this.#events.length) return undefined;
    return this.#events.filter((event) => event.eventId > eventId);
  }
}
