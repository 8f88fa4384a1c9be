import { formatPosition, type Position, type Verification } from '../../cdc/index.ts';
import { messageOf, systemClock, type Clock } from '../../shared/index.ts';
import { sidesOf, type Direction } from '../unit/unit-record.ts';
import type { Side } from '../stage.ts';
import type { StreamDirection, UnitRuntime } from '../unit/unit-runtime.ts';
import type { RehearsedStep } from './rehearsal-report.ts';

export interface RehearsalOptions {
  readonly signal?: AbortSignal;
  readonly onStep?: (step: RehearsedStep) => void;
}

/** Compares all rows one way and keeps what was found, as anybody's verification does. */
export type VerifyStep = (direction: StreamDirection, signal?: AbortSignal) => Promise<Verification>;

interface Found {
  readonly ok: boolean;
  readonly detail: string;
}

type Step = readonly [name: RehearsedStep['step'], perform: () => Promise<Found>];

/** As long as the steps of a handover may take together. */
const CATCH_UP_MS = 5_000;

/**
 * Goes through what a cutover and its rollback rest on, with the real rows and both real streams, and moves nothing: the
 * barrier is taken and let go at once, a row of our own goes back through the reverse stream, both streams are waited for,
 * and all rows are compared both ways. Writers wait for milliseconds at the barrier; no request is held, none fails.
 */
export class Rehearsal {
  readonly #runtime: UnitRuntime;
  readonly #owner: Side;
  readonly #verifyStep: VerifyStep;
  readonly #clock: Clock;
  #position: Position | undefined;

  constructor(runtime: UnitRuntime, owner: Side, verify: VerifyStep, clock: Clock = systemClock) {
    this.#runtime = runtime;
    this.#owner = owner;
    this.#verifyStep = verify;
    this.#clock = clock;
  }

  /** Every step is tried, also behind one that failed: whoever rehearses wants to know all of it. */
  async run({ signal, onStep }: RehearsalOptions = {}): Promise<RehearsedStep[]> {
    const done: RehearsedStep[] = [];
    for (const way of ['cutover', 'rollback'] as const) {
      for (const [step, perform] of this.#steps(way, signal)) {
        if (signal?.aborted) return done;
        const rehearsed = { way, step, ...(await this.#timed(perform)) };
        done.push(rehearsed);
        onStep?.(rehearsed);
      }
    }
    return done;
  }

  #steps(way: Direction, signal: AbortSignal | undefined): Step[] {
    const { from } = sidesOf(way);
    return [
      ['barrier', () => this.#barrier(from)],
      ...(way === 'rollback' ? ([['rehearsal row', () => this.#carryRow()]] as const) : []),
      ['position', () => this.#takePosition(from)],
      ['catch-up', () => this.#catchUp(from)],
      ['verify', () => this.#verify(way, signal)],
    ];
  }

  async #timed(perform: () => Promise<Found>): Promise<Found & { ms: number }> {
    const startedAt = this.#clock.now();
    const found = await perform().catch((error: unknown) => ({ ok: false, detail: messageOf(error) }));
    return { ms: this.#clock.now() - startedAt, ...found };
  }

  async #barrier(side: Side): Promise<Found> {
    const isTaken = (await this.#runtime.barrier(side)) === 'taken';
    const detail = isTaken ? 'every open writer has ended' : 'a transaction stayed open for longer than the wait';
    return { ok: isTaken, detail: `${side}: ${detail}` };
  }

  async #carryRow(): Promise<Found> {
    await this.#runtime.arm();
    const { reverse } = await this.#runtime.measure(this.#owner);
    const hasArrived = reverse?.rehearsalAgeMs !== undefined;
    return { ok: hasArrived, detail: hasArrived ? 'carried from service to legacy' : 'did not arrive at legacy' };
  }

  async #takePosition(side: Side): Promise<Found> {
    this.#position = await this.#runtime.head(side);
    return { ok: true, detail: formatPosition(this.#position) };
  }

  async #catchUp(from: Side): Promise<Found> {
    if (!this.#position) return { ok: false, detail: 'the position is not known' };
    const isReached = await this.#runtime.caughtUp(from, this.#position, CATCH_UP_MS);
    return { ok: isReached, detail: isReached ? 'the stream is there' : `not within ${CATCH_UP_MS} ms` };
  }

  async #verify(way: Direction, signal: AbortSignal | undefined): Promise<Found> {
    const found = await this.#verifyStep(way === 'cutover' ? 'forward' : 'reverse', signal);
    const { rows, wrong, irreversible, orphans, headroom, notVerified } = found;
    const ok = wrong + irreversible + orphans + headroom + notVerified === 0;
    const others = `${orphans} without a parent, ${headroom} tables without room for ids, ${notVerified} not verified`;
    return { ok, detail: `${wrong} wrong and ${irreversible} irreversible of ${rows} rows; ${others}` };
  }
}
