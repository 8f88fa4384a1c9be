import cluster from 'node:cluster';
import type { MetricObject } from '../../shared/index.ts';
import type { FromWorker, Ports, ToWorker } from './messages.ts';

export interface WorkerParts {
  /** What this process has counted. */
  readonly count: () => Promise<readonly MetricObject[]>;
  readonly kill: (unit: string, killed: boolean) => void;
  readonly leave: () => void;
}

/** A worker's end of its cluster. */
export class EdgeWorker {
  #parts: WorkerParts | undefined;

  private constructor() {
    process.on('message', (message: ToWorker) => void this.#take(message));
  }

  /** Undefined in a process that is no worker. */
  static ofThisProcess(): EdgeWorker | undefined {
    return cluster.isWorker ? new EdgeWorker() : undefined;
  }

  /** Says that this process takes requests, and from then on does what it is told. */
  ready(ports: Ports, parts: WorkerParts): void {
    this.#parts = parts;
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
    const metrics = await this.#parts?.count();
    if (metrics) await new Promise<void>((resolve) => this.#tell({ counted: { metrics } }, resolve));
    if (process.connected) process.disconnect();
  }

  async #take({ count, kill, leave }: ToWorker): Promise<void> {
    if (kill) this.#parts?.kill(kill.unit, kill.killed);
    if (leave) this.#parts?.leave();
    if (count !== undefined) this.#tell({ counted: { number: count, metrics: (await this.#parts?.count()) ?? [] } });
  }

  /** A cluster that is gone takes its workers with it; until then nobody listens. */
  #tell(message: FromWorker, done: () => void = () => undefined): void {
    if (process.connected) process.send?.(message, undefined, undefined, () => done());
    else done();
  }
}
