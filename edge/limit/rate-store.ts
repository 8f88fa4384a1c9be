/** What is counted under one name: so many requests in so long, for each key. */
export interface RateCount {
  /** Tells the rules of an edge apart, and is the same at every edge. */
  readonly name: string;
  readonly requests: number;
  readonly seconds: number;
}

export interface Taken {
  readonly isAllowed: boolean;
  /** Requests left until the count begins anew. */
  readonly remaining: number;
  readonly resetMs: number;
}

/** Where requests are counted. One contract suite for all implementations. */
export interface RateStore {
  /** Counts one request. Never rejects: a store that cannot count lets it pass. */
  take(count: RateCount, key: string): Promise<Taken>;
  close(): Promise<void>;
}
