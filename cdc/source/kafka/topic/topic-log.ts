/**
 * What reading needs of Kafka and nothing else, so that the client behind it can be replaced. There is no consumer
 * group in it: nobody is assigned anything, nothing is committed, a rebalance has nothing to take away. Whoever reads
 * names the offset. Back-pressure is not asking.
 */
export interface TopicLog {
  /** Throws `CDC_TOPIC_UNUSABLE` when the topic does not exist. */
  describe(topic: string): Promise<TopicFacts>;
  /** Of one partition; `end` is where the next record that a reader may see will be. */
  bounds(place: Place): Promise<{ readonly low: number; readonly end: number }>;
  /**
   * What follows the given offsets: at once when there is something, else after at most `waitMs`. The partitions must
   * have one leader; see `groupByLeader`. A partition that has nothing new is in the answer without records.
   */
  fetch(requests: readonly FetchRequest[], options: { waitMs: number; maxBytes: number }): Promise<FetchedPartition[]>;
  /** Splits partitions into the groups that one `fetch` can ask for. */
  groupByLeader(places: readonly Place[]): Promise<Place[][]>;
  /** Gives up every connection at once; what is under way rejects. */
  close(): void;
}

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

export interface FetchRequest extends Place {
  readonly offset: number;
}

export interface TopicFacts {
  readonly partitions: readonly number[];
  /** `cleanup.policy`, or undefined when this account may not see it. */
  readonly cleanupPolicy?: string;
}

export interface FetchedPartition extends Place {
  readonly records: readonly LogRecord[];
  /** Where to go on. Beyond the last record also where the log holds markers, aborted or compacted records. */
  readonly next: number;
  /** End of what is committed, when the answer was made. */
  readonly end: number;
}

/** `value` is a view into the answer it came in; what is kept longer must be copied. `null` is a tombstone. */
export interface LogRecord {
  readonly offset: number;
  readonly value: Buffer | null;
}
