import { formatPosition, parsePosition, type Position } from '../../cdc/index.ts';
import { isBanyanError, messageOf, systemClock, type ApiClient, type Log } from '../../shared/index.ts';
import type { SourceWritesReport } from '../callers/source-writes.ts';
import type { Measurements } from '../judgement/gates.ts';
import type { DeclaredUnit } from '../configuration/declaration.ts';
import { fixedDigestOf } from '../configuration/restart-rules.ts';
import type { EffectLedger } from '../effects/effect-ledger.ts';
import type { ParkedAnswer, ParkedRequest } from '../unit/parked.ts';
import type { Removal } from '../retirement/remove-traces.ts';
import type { Side } from '../stage.ts';
import type {
  FenceOutcome,
  HotCheck,
  StreamDirection,
  UnitRuntime,
  UnitVerification,
  VerifyOptions,
  VerifyProgress,
} from '../unit/unit-runtime.ts';
import type { CallName } from './sync-api.ts';

/** Milliseconds a call may take. A flip and a head are single statements; the others copy or compare rows. */
const SHORT = 5_000;
const LONG = 60_000;
const SAY_AGAIN_MS = 10_000;

/** A unit whose databases and streams are another process's business. */
export class RemoteUnit implements UnitRuntime {
  readonly unit: DeclaredUnit;
  readonly #client: ApiClient;
  readonly #log: Log;
  readonly #stop = new AbortController();

  constructor(unit: DeclaredUnit, client: ApiClient, log: Log) {
    this.unit = unit;
    this.#client = client;
    this.#log = log;
  }

  /** Waits for the sync process, which starts its streams by itself, and until it runs the same plan. */
  async start(): Promise<void> {
    let saidAt = Number.NEGATIVE_INFINITY;
    for (; !this.#stop.signal.aborted; await systemClock.sleep(200, this.#stop.signal)) {
      const reason = await this.#obstacle();
      if (reason === undefined) return;
      if (systemClock.now() - saidAt < SAY_AGAIN_MS) continue;
      saidAt = systemClock.now();
      this.#log.warn({ unit: this.unit.plan.unit, reason }, `waiting for sync at ${this.#client.url}`);
    }
  }

  async #obstacle(): Promise<string | undefined> {
    try {
      const { digest } = await this.#client.get<{ digest: string }>(this.#path(''), { timeoutMs: SHORT });
      return digest === fixedDigestOf(this.unit.plan)
        ? undefined
        : 'it runs another version of the plan; restart whichever is older';
    } catch (error) {
      return messageOf(error);
    }
  }

  /** The streams go on: they are not this process's. */
  stop(): Promise<void> {
    this.#stop.abort();
    return Promise.resolve();
  }

  /** Without an answer nothing is measured, which no gate passes. */
  async measure(owner: Side): Promise<Measurements> {
    try {
      return await this.#call<Measurements>('measure', { owner }, SHORT);
    } catch (error) {
      const code = isBanyanError(error) ? error.code : messageOf(error);
      return { sync: { state: `unknown (${code})`, ready: false } };
    }
  }

  async arm(): Promise<void> {
    await this.#call('arm', {}, LONG);
  }

  async disarm(): Promise<void> {
    await this.#call('disarm', {}, LONG);
  }

  retire(): Promise<Removal> {
    return this.#call('retire', {}, LONG);
  }

  async resume(options: { fresh: boolean }): Promise<void> {
    await this.#call('resume', options, LONG);
  }

  async head(side: Side): Promise<Position> {
    return parsePosition(await this.#call<string>('head', { side }, SHORT));
  }

  caughtUp(from: Side, position: Position, budgetMs: number): Promise<boolean> {
    return this.#call('caught-up', { from, position: formatPosition(position), budgetMs }, budgetMs + SHORT);
  }

  verify(direction: StreamDirection, owner: Side, options: VerifyOptions = {}): Promise<UnitVerification> {
    const { onProgress, signal, ...request } = options;
    const show = (progress: unknown): void => onProgress?.(progress as VerifyProgress);
    return this.#client.run(this.#path('/verify'), { direction, owner, ...request }, show, signal);
  }

  verifyHot(owner: Side): Promise<HotCheck> {
    return this.#call('verify-hot', { owner }, LONG);
  }

  parked(request: ParkedRequest): Promise<ParkedAnswer> {
    return this.#call('parked', request, LONG);
  }

  effectLedgers(): Promise<readonly EffectLedger[]> {
    return this.#call('effects', {}, SHORT);
  }

  sourceWrites(): Promise<SourceWritesReport> {
    return this.#call('source-writes', {}, SHORT);
  }

  verifyKeys(from: Side, keys: readonly string[]): Promise<HotCheck> {
    return this.#call('verify-keys', { from, keys }, LONG);
  }

  async ownerOn(side: Side, keys?: readonly string[]): Promise<Side | undefined> {
    return (await this.#call<Side | null>('owner', { side, keys }, SHORT)) ?? undefined;
  }

  servedOn(side: Side): Promise<readonly string[]> {
    return this.#call('served', { side }, SHORT);
  }

  flip(side: Side, to: Side, epoch: number, keys?: readonly string[]): Promise<FenceOutcome> {
    return this.#call('flip', { side, to, epoch, keys }, SHORT);
  }

  barrier(side: Side): Promise<'taken' | 'busy'> {
    return this.#call('barrier', { side }, SHORT);
  }

  async #call<T>(name: CallName, args: object, timeoutMs: number): Promise<T> {
    const { result } = await this.#client.post<{ result: T }>(this.#path(`/${name}`), args, { timeoutMs });
    return result;
  }

  #path(rest: string): string {
    return `/v1/units/${encodeURIComponent(this.unit.plan.unit)}${rest}`;
  }
}
