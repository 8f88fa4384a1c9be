/** What becomes, for a time, of requests that still need legacy for a unit the service owns: none of it stays. */
export interface BrownoutOrder {
  /** The same as long as it is the same brownout, whatever its step. */
  readonly id: number;
  /** They are answered so much later. */
  readonly slowMs?: number;
  /** They are not answered at all but with this. */
  readonly status?: 503 | 410;
  /** Whoever must not be broken, as services are told them: a user's id, or `key:<name>`. */
  readonly callers: readonly string[];
}

/** A unit's brownout at one edge. A request of somebody who must not be broken ends it here at once; control ends it everywhere. */
export class Brownout {
  #endedId: number | undefined;

  /** The one that was ended here. */
  get endedId(): number | undefined {
    return this.#endedId;
  }

  /** What becomes of a request of `caller`; undefined: nothing, it goes on its way. */
  of(order: BrownoutOrder | undefined, caller: string | undefined): BrownoutOrder | undefined {
    if (order === undefined || order.id === this.#endedId) return undefined;
    if (caller === undefined || !order.callers.includes(caller)) return order;
    this.#endedId = order.id;
    return undefined;
  }
}
