import type { Worker } from 'node:cluster';
import { edgeErrors } from '../errors.ts';
import type { FromWorker, Ports, RecordedWord, ToWorker } from './messages.ts';
import type { MetricObject } from '../../shared/index.ts';

export interface MemberParts {
  readonly worker: Worker;
  /** Which place of the cluster it takes; another worker takes it only when this one is gone. */
  readonly slot: number;
  /** How long it may take to be ready. */
  readonly startMs: number;
  readonly onKeep: (value: unknown) => void;
  readonly onCounted: (metrics: readonly MetricObject[]) => void;
  /** It can be told things; afterwards its doors open. */
  readonly onServes: () => void;
  readonly onRecorded: (word: RecordedWord) => void;
}

const ANSWER_MS = 1_000;

/** One worker of a cluster: starting, then ready, then leaving when told to, and gone in any case. */
export class Member {
  readonly slot: number;
  readonly startedAt = performance.now();
  /** Rejects when it ends, or the time is over, before it was ready. */
  readonly ready: Promise<Ports>;
  /** Resolves with how it ended, when everything it said has been heard. */
  readonly gone: Promise<string>;
  isReady = false;
  isLeaving = false;
  /** It does what it is told. */
  isServing = false;
  readonly #worker: Worker;
  readonly #parts: MemberParts;
  #wasReady = false;
  readonly #asked = new Map<number, () => void>();
  #number = 0;

  constructor(parts: MemberParts) {
    const { worker, slot } = parts;
    this.slot = slot;
    this.#worker = worker;
    this.#parts = parts;
    worker.on('error', () => undefined); // It cannot be told anything more; its exit says the rest.
    const silent = new Promise((resolve) => worker.once('disconnect', () => resolve(undefined)));
    const ended = new Promise<string>((resolve) => worker.once('exit', (code, signal) => resolve(endOf(code, signal))));
    this.gone = Promise.all([ended, silent]).then(([how]) => how);
    this.ready = this.#becomesReady();
    this.ready.catch(() => undefined);
  }

  tell(message: ToWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message);
  }

  /** Resolves when it has said what it has counted, or could have. */
  count(): Promise<void> {
    const number = ++this.#number;
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#answered(number), ANSWER_MS);
      this.#asked.set(number, () => {
        clearTimeout(late);
        resolve();
      });
      this.tell({ count: number });
    });
  }

  /** Lets it finish what is under way; it is killed when that takes longer than the budget. */
  async leave(budgetMs: number): Promise<void> {
    this.isLeaving = true;
    this.isReady = false;
    if (this.#wasReady) this.tell({ leave: true });
    else this.#worker.process.kill('SIGTERM');
    const patience = setTimeout(() => this.#worker.process.kill('SIGKILL'), budgetMs);
    await this.gone;
    clearTimeout(patience);
  }

  #becomesReady(): Promise<Ports> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this.#worker.process.kill('SIGKILL'), this.#parts.startMs);
      this.#worker.once('exit', (code, signal) => {
        clearTimeout(late);
        const message = `worker ${this.slot} ended ${endOf(code, signal)} before it took requests`;
        reject(edgeErrors.error('EDGE_WORKER_FAILED', { message }));
      });
      this.#worker.on('message', (message: FromWorker) => {
        const { ready } = message;
        if (ready) {
          clearTimeout(late);
          this.#wasReady = true;
          this.isReady = !this.isLeaving;
          resolve(ready);
        }
        this.#take(message);
      });
    });
  }

  #take({ serves, counted, keep, recorded }: FromWorker): void {
    if (serves) this.#serve();
    if (recorded) this.#parts.onRecorded(recorded);
    if (keep !== undefined) this.#parts.onKeep(keep);
    if (!counted) return;
    this.#parts.onCounted(counted.metrics);
    if (counted.number !== undefined) this.#answered(counted.number);
  }

  #serve(): void {
    this.isServing = true;
    this.#parts.onServes();
    this.tell({ open: true });
  }

  #answered(number: number): void {
    this.#asked.get(number)?.();
    this.#asked.delete(number);
  }
}

function endOf(code: number | null, signal: string | null): string {
  return signal ? `by ${signal}` : `with code ${code}`;
}
