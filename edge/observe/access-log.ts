import { once } from 'node:events';
import { openSync } from 'node:fs';
import { pino, type Logger } from 'pino';
import { messageOf, type Log } from '../../shared/index.ts';
import type { ClientRequest } from '../client.ts';
import { edgeErrors } from '../errors.ts';
import type { Journey } from '../journey.ts';
import type { EdgeProblem } from '../problem.ts';

export interface AccessLogOptions {
  /** A file, or 1 for standard output and 2 for standard error. */
  readonly to: string | 1 | 2;
  /** Of the requests that went well, the share that is written, 0 to 1. What the edge or a target failed always is. */
  readonly sample?: number;
  /** What is personal in most places: the path as it came without its query, the address of the client. */
  readonly fields?: readonly AccessLogField[];
}

export const ACCESS_LOG_FIELDS = ['path', 'address'] as const;
export type AccessLogField = (typeof ACCESS_LOG_FIELDS)[number];

interface Parts {
  readonly log: Log;
  readonly addressOf: (request: ClientRequest) => string;
  readonly dropped: () => void;
}

/** A destination that is too slow loses lines, not requests: so many bytes wait for it. */
const MAX_WAITING = 4 * 1024 * 1024;

/**
 * One line of JSON for each request, collected in memory and written beside the event loop. Templates, names and codes;
 * nothing personal unless asked for (invariant 10).
 */
export class AccessLog {
  readonly #destination: ReturnType<typeof pino.destination>;
  readonly #lines: Logger;
  readonly #parts: Parts;
  readonly #sample: number;
  readonly #withPath: boolean;
  readonly #withAddress: boolean;
  #isClosed = false;

  constructor({ to, sample = 1, fields = [] }: AccessLogOptions, parts: Parts) {
    const { log, dropped } = parts;
    this.#parts = parts;
    const buffer = { minLength: 8192, maxLength: MAX_WAITING, periodicFlush: 500 };
    this.#destination = pino.destination({ dest: typeof to === 'string' ? open(to) : to, sync: false, ...buffer });
    this.#destination.on('drop', dropped);
    this.#destination.on('error', (error: unknown) => {
      dropped();
      log.error({ problem: messageOf(error) }, 'the access log cannot be written');
    });
    const formatters = { level: () => ({ log: 'access' }) };
    this.#lines = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, this.#destination);
    this.#sample = sample;
    this.#withPath = fields.includes('path');
    this.#withAddress = fields.includes('address');
  }

  /** A request that became a journey, when it is over. */
  write(journey: Journey): void {
    const { status, route, decision, clean } = journey;
    const isFailed = status < 200 ? status !== 101 : status >= 500;
    if (this.#isClosed) return;
    if (!isFailed && this.#sample < 1 && Math.random() >= this.#sample) return;
    this.#lines.info({
      trace: journey.trace?.traceId ?? clean.trace?.traceparent?.slice(3, 35),
      method: journey.method,
      route: route?.path,
      unit: route?.unit,
      stage: journey.state?.stage,
      target: decision?.target,
      reason: decision?.reason,
      epoch: journey.state?.epoch,
      flags: route?.gate.flags.revision(),
      bucket: journey.bucket,
      status: status > 0 ? status : 'aborted',
      code: journey.problem?.code,
      ms: Math.round((performance.now() - journey.startedAt) * 10) / 10,
      in: journey.requestBytes,
      out: journey.answerBytes,
      path: this.#withPath ? clean.path : undefined,
      address: this.#withAddress ? this.#parts.addressOf(journey.request) : undefined,
    });
  }

  /** A request the edge refused before it knew what it was. */
  refused(request: ClientRequest | undefined, { status, code }: EdgeProblem): void {
    if (this.#isClosed) return;
    const address = this.#withAddress && request ? this.#parts.addressOf(request) : undefined;
    this.#lines.info({ method: request?.method, status, code, address });
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#destination.end();
    await once(this.#destination, 'close').catch(() => this.#destination.destroy());
  }
}

/** Opened before the first request: a log that cannot be written is found at the start and not at night. */
function open(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (error) {
    throw edgeErrors.error('EDGE_ACCESS_LOG_UNUSABLE', { message: `${file}: ${messageOf(error)}`, cause: error });
  }
}
