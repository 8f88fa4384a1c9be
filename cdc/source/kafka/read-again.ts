import { isBanyanError, messageOf, systemClock, type Log } from '../../../shared/index.ts';
import type { SourceTransaction } from '../../change-event.ts';
import { cdcErrors } from '../../errors.ts';
import { typeOf } from './topic/kafkajs-topic-log.ts';
import type { RecordFormat } from './decode/record-format.ts';
import type { TopicLog } from './topic/topic-log.ts';

export interface OpenedTopics {
  readonly topics: TopicLog;
  readonly format: RecordFormat;
}

export interface ReadAgainOptions {
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly open: () => Promise<OpenedTopics>;
  /** Reads until the connection fails; called again it goes on behind what it has given. */
  readonly read: (opened: OpenedTopics) => AsyncIterable<readonly SourceTransaction[]>;
}

const BACK_OFF_MS = [20, 50, 100, 250, 500, 1000, 2000];
const REFUSED = /AUTHORIZATION_FAILED|SASL|AUTHENTICATION|UNSUPPORTED_VERSION/i;

/** Opens a connection after another until the signal aborts, or an error comes that trying again does not mend. */
export async function* readAgain(options: ReadAgainOptions): AsyncGenerator<readonly SourceTransaction[]> {
  const { log, signal } = options;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      for await (const transactions of readOnce(options)) {
        failures = 0;
        yield transactions;
      }
    } catch (error) {
      if (signal.aborted) return;
      const fatal = fatalError(error);
      if (fatal) throw fatal;
      const waitMs = BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length - 1)] ?? 2000;
      log.warn({ reason: messageOf(error), waitMs }, 'connection to Kafka lost, trying again');
      await systemClock.sleep(waitMs, signal);
    }
  }
}

async function* readOnce({ open, read, signal }: ReadAgainOptions): AsyncGenerator<readonly SourceTransaction[]> {
  const opened = await open();
  const close = (): void => opened.topics.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    if (!signal.aborted) yield* read(opened);
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/** The error that ends the reading, or undefined when trying again can help. */
function fatalError(error: unknown): Error | undefined {
  if (isBanyanError(error)) return error.retriable ? undefined : error;
  if (error instanceof TypeError || error instanceof RangeError) return error;
  const type = typeOf(error) ?? '';
  if (!REFUSED.test(type)) return undefined;
  return cdcErrors.error('CDC_BROKER_REFUSED', {
    message: `Kafka answered ${type}: ${messageOf(error)}`,
    cause: error,
  });
}
