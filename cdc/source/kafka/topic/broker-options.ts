import type { ConnectionOptions } from 'node:tls';
import type { SASLOptions } from 'kafkajs';
import type { Log } from '../../../../shared/index.ts';

/** How brokers are reached. */
export interface BrokerOptions {
  /** `host:port`, tried in turn. */
  readonly brokers: readonly string[];
  readonly ssl?: ConnectionOptions | boolean;
  readonly sasl?: SASLOptions;
  readonly log: Log;
}
