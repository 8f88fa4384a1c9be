import cluster from 'node:cluster';
import { messageOf, systemClock, type Log } from '../../shared/index.ts';
import type { RequestRecorder } from '../record/request-recorder.ts';
import { ClusterRecorder } from './cluster-recorder.ts';
import { Member, type MemberParts } from './member.ts';
import type { Ports } from './messages.ts';
import { MetricsSum } from './metrics-sum.ts';

export interface ClusterOptions {
  readonly workers: number;
  /** What a worker's environment has on top of this process's. */
  readonly envOf: (slot: number) => Readonly<Record<string, string>>;
  /** How long a worker may take to be ready. */
  readonly startMs: number;
  /** How long one that leaves may take. */
  readonly leaveMs: number;
  readonly onKeep: (value: unknown) => void;
  readonly log: Log;
}

const SHORT_LIFE_MS = 5_000;
const BACK_OFF_MS = [0, 200, 500, 1_000, 2_000, 5_000];

/**
 * Processes that share the ports of one edge. This one holds the ports and hands each connection to the next worker in
 * turn (docs/adr/0016); one that ends is replaced. A roll replaces them one after the other, each when its successor
 * takes requests: no port is closed meanwhile and no connection is lost.
 */
export class EdgeCluster {
  readonly #options: ClusterOptions;
  readonly #members = new Set<Member>();
  readonly #metrics = new MetricsSum();
  readonly #recorder = new ClusterRecorder(this.#members);
  #rolling: Promise<void> = Promise.resolve();
  #isStopping = false;
  #failures = 0;

  constructor(options: ClusterOptions) {
    this.#options = options;
    cluster.schedulingPolicy = cluster.SCHED_RR;
  }

  get isReady(): boolean {
    return !this.#isStopping && [...this.#members].some(({ isReady }) => isReady);
  }

  get recorder(): RequestRecorder {
    return this.#recorder;
  }

  get contentType(): string {
    return this.#metrics.contentType;
  }

  /** Resolves when all workers take requests; throws EDGE_WORKER_FAILED and ends the others when one does not. */
  async start(): Promise<Ports> {
    const slots = Array.from({ length: this.#options.workers }, (_, i) => i + 1);
    const members = slots.map((slot) => this.#fork(slot));
    try {
      const [ports = {}] = await Promise.all(members.map(({ ready }) => ready));
      for (const member of members) void this.#watch(member);
      return ports;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Replaces all workers. When a successor does not start, the rest stay as they are. */
  roll(): Promise<void> {
    this.#rolling = this.#rolling.then(() => this.#rollAll());
    return this.#rolling;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#members].map((member) => member.leave(this.#options.leaveMs)));
  }

  kill(unit: string, killed: boolean): void {
    for (const member of this.#members) member.tell({ kill: { unit, killed } });
  }

  /** What all workers have counted, in Prometheus' text format. */
  async metrics(): Promise<string> {
    await Promise.all([...this.#members].map((member) => member.count()));
    return this.#metrics.text();
  }

  #fork(slot: number): Member {
    const { envOf, startMs, onKeep } = this.#options;
    const worker = cluster.fork(envOf(slot));
    const onCounted: MemberParts['onCounted'] = (metrics) => this.#metrics.take(worker.id, metrics);
    const onRecorded: MemberParts['onRecorded'] = (word) => this.#recorder.hear(member, word);
    const onServes = (): void => this.#recorder.join(member);
    const member = new Member({ worker, slot, startMs, onKeep, onCounted, onServes, onRecorded });
    this.#members.add(member);
    void this.#forget(member, worker.id);
    return member;
  }

  async #forget(member: Member, id: number): Promise<void> {
    await member.gone;
    this.#members.delete(member);
    this.#recorder.leave(member);
    await this.#metrics.retire(id);
  }

  /** Replaces a worker that ended without being told to, in its own slot: its name is known to whoever waits for it. */
  async #watch(member: Member): Promise<void> {
    const how = await member.gone;
    if (this.#isStopping || member.isLeaving) return;
    this.#failures = performance.now() - member.startedAt < SHORT_LIFE_MS ? this.#failures + 1 : 0;
    this.#options.log.error({ slot: member.slot, how }, 'a worker has ended; another one takes its place');
    await systemClock.sleep(BACK_OFF_MS[this.#failures] ?? 5_000);
    if (!this.#isStopping) void this.#watch(this.#fork(member.slot));
  }

  async #rollAll(): Promise<void> {
    const before = [...this.#members];
    for (const member of before) {
      if (this.#isStopping || member.isLeaving) continue;
      const successor = this.#fork(this.#freeSlot());
      try {
        await successor.ready;
      } catch (error) {
        this.#options.log.error({ problem: messageOf(error) }, 'a new worker does not start: the others stay');
        return;
      }
      void this.#watch(successor);
      await member.leave(this.#options.leaveMs);
    }
  }

  #freeSlot(): number {
    const taken = new Set([...this.#members].map(({ slot }) => slot));
    for (let slot = 1; ; slot++) if (!taken.has(slot)) return slot;
  }
}
