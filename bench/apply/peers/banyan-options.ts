/** What a peer that reads the source itself is told. */
export interface BanyanOptions {
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly schema: string;
  readonly keys: Readonly<Record<string, readonly string[]>>;
  /** The clock runs from here. */
  readonly timedFrom: string;
  readonly until: string;
  /** Through Kafka when given, else by the binlog. */
  readonly kafka?: { readonly brokers: readonly string[]; readonly topic: string };
}
