import type { Clock } from '../../shared/index.ts';

/** What a call to the world outside a process can come to. `lost`: it took place, and nobody was told. */
export type Outcome = 'ok' | 'lost' | 'failed';

interface Call {
  readonly label: string;
  readonly faults: readonly Outcome[];
  /** Takes place after its caller was told that the connection is lost. */
  readonly late?: (() => void) | undefined;
  settle(outcome: Outcome): void;
}

/**
 * A process of the real code whose every call to a port waits until the schedule lets it go on. Its local state is a
 * function of `history`: two runs with the same histories and the same world go on alike.
 */
export class ModelProcess {
  readonly name: string;
  readonly history: string[] = [];
  isDead = false;
  isDone = false;
  /** While it is, no call waits for its turn, and none is remembered. */
  isFree = false;
  /** What its command ended with. */
  result: unknown;
  #pending: Call | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get pending(): Pick<Call, 'label' | 'faults' | 'late'> | undefined {
    return this.isDead ? undefined : this.#pending;
  }

  call<T>(label: string, effect: () => T, faults: readonly Outcome[] = [], late?: () => void): Promise<T> {
    if (this.isFree) return new Promise((resolve) => resolve(effect()));
    return new Promise((resolve, reject) => {
      const settle = (outcome: Outcome): void => {
        this.#pending = undefined;
        this.#settle(label, outcome, effect, resolve, reject);
      };
      this.#pending = { label, faults, settle, late };
    });
  }

  goOn(outcome: Outcome): void {
    this.#pending?.settle(outcome);
  }

  /** The answer is lost now; what was asked for comes about later. */
  goLate(): void {
    this.#pending?.late?.();
    this.goOn('failed');
  }

  run(work: Promise<unknown>): void {
    const end = (result: unknown): void => {
      this.isDone = true;
      this.result = result;
    };
    work.then(end, (error: unknown) => end({ error: String(error) }));
  }

  /** Time passes for this process alone, and in leaps: what waits for a budget is over after a few looks. */
  clock(world: { nowMs: number; passTime(ms: number): void }): Clock {
    return {
      now: () => world.nowMs,
      sleep: (ms) => this.call('sleep', () => world.passTime(Math.max(ms, 700))),
    };
  }

  #settle<T>(
    label: string,
    outcome: Outcome,
    effect: () => T,
    resolve: (value: T) => void,
    reject: (error: Error) => void,
  ): void {
    const broken = new Error(`${label}: the connection is lost`);
    let told: string;
    try {
      const value = outcome === 'failed' ? undefined : effect();
      if (outcome === 'ok') resolve(value as T);
      else reject(broken);
      told = outcome === 'ok' ? JSON.stringify(value ?? null) : outcome;
    } catch (error) {
      reject(error instanceof Error ? error : broken);
      told = String(error);
    }
    this.history.push(`${label} ${told}`);
  }
}

/** A process that never waits for its turn. */
export class FreeProcess extends ModelProcess {
  override isFree = true;
}

/** Lets everything that can go on without a further choice do so: no process waits for anything but its calls. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
