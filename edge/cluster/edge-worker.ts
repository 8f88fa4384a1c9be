import cluster from 'node:cluster';
import type { MetricObject } from '../../shared/index.ts';
import type { RequestRecorder } from '../record/request-recorder.ts';
import type { FromWorker, Ports, ToWorker } from './messages.ts';
import { WorkerRecordings } from './worker-recordings.ts';

export interface WorkerParts {
  /** What this process has counted. */
  readonly count: () => Promise<readonly MetricObject[]>;
  readonly kill: (unit: string, killed: boolean) => void;
  readonly leave: () => void;
  readonly recorder: RequestRecorder;
}

/** A worker's end of its cluster. */
export class EdgeWorker {
  #parts: WorkerParts | undefined;
  #recordings: WorkerRecordings | undefined;
  readonly #mayOpen = Promise.withResolvers<void>();

  private constructor() {
    process.on('message', (message: ToWorker) => void this.#take(message));
  }

  /** Undefined in a process that is no worker. */
  static ofThisProcess(): EdgeWorker | undefined {
    return cluster.isWorker ? new EdgeWorker() : undefined;
  }

  /**
   * From now on this process does what it is told. Resolves when it has heard what holds already and may open its doors:
   * no request goes by what was ordered.
   */
  serve(parts: WorkerParts): Promise<void> {
    this.#parts = parts;
    this.#recordings = new WorkerRecordings(parts.recorder, (word, sent) => this.#tell({ recorded: word }, sent));
    this.#tell({ serves: true });
    return this.#mayOpen.promise;
  }

  /** Says that this process takes requests. */
  ready(ports: Ports): void {
    this.#tell({ ready: ports });
  }

  keep(value: unknown): void {
    this.#tell({ keep: value });
  }

  /** It will never be ready: with the channel to the cluster alone it does not go on living. */
  giveUp(): void {
    process.channel?.unref();
  }

  /** The last word. With the channel to the cluster the process ends, if nothing else keeps it. */
  async bye(): Promise<void> {
    await this.#recordings?.endAll();
    const metrics = await this.#parts?.count();
    if (metrics) await new Promise<void>((resolve) => this.#tell({ counted: { metrics } }, resolve));
    if (process.connected) process.disconnect();
  }

  async #take({ count, kill, leave, open, record }: ToWorker): Promise<void> {
    if (record) this.#recordings?.take(record);
    if (open) this.#mayOpen.resolve();
    if (kill) this.#parts?.kill(kill.unit, kill.killed);
    if (leave) this.#parts?.leave();
    if (count !== undefined) this.#tell({ counted: { number: count, metrics: (await this.#parts?.count()) ?? [] } });
  }

  /**
   * A cluster that is gone takes its workers with it; until then nobody listens. False when more waits to be passed on than
   * should; `done` when this has been.
   */
  #tell(message: FromWorker, done: () => void = () => undefined): boolean {
    if (process.connected) return process.send?.(message, undefined, undefined, () => done()) === true;
    done();
    return true;
  }
}
