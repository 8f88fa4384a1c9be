import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DataSource, type QueryRunner } from 'typeorm';
import {
  SHADOW_ACK_HEADER,
  SHADOW_ACKS,
  SHADOW_ANSWER_TYPE,
  SHADOW_HEADER,
  SHADOW_REFUSED,
  SHADOW_REWIND_HEADER,
  type EffectReport,
  type OutgoingCall,
  type ShadowAnswer,
  type WriteShadow,
} from '../edge/shadow-writes/contract.ts';
import { systemClock, type Log } from '../shared/index.ts';
import type { StandInAnswer } from './call-recorder.ts';
import { containFetch } from './contain-fetch.ts';
import { containHttp } from './contain-http.ts';
import { containSockets } from './contain-sockets.ts';
import { DryRun } from './dry-run.ts';
import { KeptAnswer } from './kept-answer.ts';
import type { RawConnection } from './raw-connection.ts';
import { parseRewind } from './rewind.ts';
import { TableCatalogue } from './table-facts.ts';

export interface DryRunsOptions {
  /** The service's own, initialized. */
  readonly database: DataSource;
  /** The same database for a user of its own, whom the fence lets through; see the plan's `service.dryRunUser`. */
  readonly dryRunUrl: string;
  /** At a time; more are refused, and nobody waits for them. 2 when absent. */
  readonly connections?: number;
  /** For a whole dry run; 2,000 when absent. */
  readonly timeoutMs?: number;
  /** What a handler is told when it calls others; 200 and `{}` when absent. */
  readonly answerCall?: (call: OutgoingCall) => StandInAnswer;
  readonly log: Log;
}

/** A step in front of a service's handlers, as Express and others take it. */
export type Step = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** Lets handlers run that were sent a write which must not happen. */
export interface DryRuns {
  /** To be put in front of everything that reads a body or a database. */
  readonly step: Step;
  close(): Promise<void>;
}

const LOCK_WAIT_S = 1;

/**
 * Opens dry runs for a service on TypeORM and MariaDB. Inside one, every query of the database goes into one transaction
 * that is rolled back, and every call to others is recorded and answered by a stand-in. Handlers stay as they are.
 */
export async function openDryRuns(options: DryRunsOptions): Promise<DryRuns> {
  const { database, dryRunUrl, connections = 2 } = options;
  const parts = { ...database.options, url: dryRunUrl, poolSize: connections, entities: [], subscribers: [] };
  const own = await new DataSource(parts as typeof database.options).initialize();
  return new OpenDryRuns(options, own);
}

class OpenDryRuns implements DryRuns {
  readonly step: Step;
  readonly #options: DryRunsOptions;
  readonly #own: DataSource;
  readonly #current = new AsyncLocalStorage<DryRun>();
  readonly #tables = new TableCatalogue();
  readonly #undo: readonly (() => void)[];
  #running = 0;

  constructor(options: DryRunsOptions, own: DataSource) {
    this.#options = options;
    this.#own = own;
    this.step = (request, response, next) => this.#take(request, response, next);
    const current = (): DryRun | undefined => this.#current.getStore();
    this.#undo = [
      containQueries(options.database, current),
      containFetch(current),
      containHttp(current),
      containSockets(current),
    ];
  }

  async close(): Promise<void> {
    for (const undo of this.#undo.toReversed()) undo();
    await this.#own.destroy();
  }

  #take(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    const wish = request.headers[SHADOW_HEADER];
    if (wish === undefined || wish === '1') return next();
    if (wish === 'probe') return acknowledge(response, 204, SHADOW_ACKS.probe);
    if (wish !== 'validate' && wish !== 'dry-run') return acknowledge(response, 501, SHADOW_REFUSED);
    if (this.#running >= (this.#options.connections ?? 2)) return acknowledge(response, 503, SHADOW_REFUSED);
    this.#running++;
    void this.#run(wish, request, response, next).finally(() => this.#running--);
  }

  async #run(mode: WriteShadow, request: IncomingMessage, response: ServerResponse, next: () => void): Promise<void> {
    const kept = new KeptAnswer(response);
    const run = await this.#begin(mode, request).catch((error: unknown) => this.#failed(error));
    if (!run) return kept.send(503, { [SHADOW_ACK_HEADER]: SHADOW_REFUSED }, '');
    this.#current.run(run, next);
    const how = await this.#howItEnds(run, kept, response);
    if (how === 'late') {
      run.abandon();
      return kept.send(503, { [SHADOW_ACK_HEADER]: SHADOW_REFUSED }, '');
    }
    const answer = how === 'answered' ? kept.answer() : REACHED_CHANGE;
    const effects = await run.rollBack().catch((error: unknown) => this.#failed(error));
    if (!effects) return kept.send(500, {}, ''); // Without a word: perhaps something was written.
    this.#send(kept, mode, answer, effects);
  }

  #begin(mode: WriteShadow, request: IncomingMessage): Promise<DryRun> {
    const rows = parseRewind(request.headers[SHADOW_REWIND_HEADER]?.toString());
    const { answerCall = () => ({ status: 200, body: '{}' }) } = this.#options;
    const parts = { mode, tables: this.#tables, lockWaitS: LOCK_WAIT_S, answerCall };
    const runner = this.#options.database.createQueryRunner();
    return connectionOf(this.#own).then((connection) => DryRun.begin(connection, runner, rows, parts));
  }

  /** `late`: the time is over, or whoever asked has left. */
  async #howItEnds(run: DryRun, kept: KeptAnswer, response: ServerResponse): Promise<'answered' | 'reached' | 'late'> {
    const over = new AbortController();
    const gone = new Promise<'late'>((resolve) => void response.once('close', () => resolve('late')));
    const late = systemClock.sleep(this.#options.timeoutMs ?? 2_000, over.signal).then(() => 'late' as const);
    const answered = kept.ended.then(() => 'answered' as const);
    const reached = run.isValidated.then(() => 'reached' as const);
    const how = await Promise.race([answered, reached, gone, late]);
    over.abort();
    return how;
  }

  #send(kept: KeptAnswer, mode: WriteShadow, answer: ShadowAnswer, effects: EffectReport): void {
    const body = JSON.stringify(mode === 'dry-run' ? { ...answer, effects } : answer);
    const headers = { [SHADOW_ACK_HEADER]: SHADOW_ACKS[mode], 'content-type': SHADOW_ANSWER_TYPE };
    kept.send(200, headers, body);
  }

  #failed(error: unknown): undefined {
    this.#options.log.error({ code: (error as { code?: unknown }).code }, 'a dry run did not work');
    return undefined;
  }
}

/** Nothing has refused the request before it was about to change something. */
const REACHED_CHANGE: ShadowAnswer = { status: 202, headers: [], body: '' };

function acknowledge(response: ServerResponse, status: number, ack: string): void {
  response.writeHead(status, { [SHADOW_ACK_HEADER]: ack }).end();
}

/** Every query of TypeORM goes through a runner it has made. Gives back how to undo it. */
function containQueries(database: DataSource, current: () => DryRun | undefined): () => void {
  const create = database.createQueryRunner.bind(database);
  database.createQueryRunner = (mode): QueryRunner => current()?.runner ?? create(mode);
  return () => void (database.createQueryRunner = create);
}

async function connectionOf(database: DataSource): Promise<RawConnection> {
  const driver = database.driver as unknown as { obtainMasterConnection(): Promise<RawConnection> };
  return driver.obtainMasterConnection();
}
