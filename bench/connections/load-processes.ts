import type { ChildProcess } from 'node:child_process';
import { answerOf, startProcess } from '../process.ts';
import type { Tally } from './client.ts';
import type { Opened, Told } from './load.ts';

/** What a time of asking came to, over all processes. */
export interface Steady {
  readonly requests: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** The clients, in as many processes as they need; apart from the edge's, so that neither pays for the other. */
export class LoadProcesses {
  readonly #processes: readonly ChildProcess[];
  #clients = 0;

  private constructor(processes: readonly ChildProcess[]) {
    this.#processes = processes;
  }

  static async start(count: number): Promise<LoadProcesses> {
    const file = new URL('load.ts', import.meta.url);
    const processes = Array.from({ length: count }, () => startProcess(file, []));
    await Promise.all(processes.map((child) => answerOf(child)));
    return new LoadProcesses(processes);
  }

  /** So many more clients, at a rate over all. */
  async connect(port: number, clients: number, perSecond: number): Promise<Opened> {
    const { length } = this.#processes;
    const opened = await this.#tell<Opened>((i) => {
      const share = Math.floor(clients / length) + (i < clients % length ? 1 : 0);
      const first = this.#clients;
      this.#clients += share;
      return { connect: { port, clients: share, first, perSecond: perSecond / length } };
    });
    const sum = (pick: (one: Opened) => number): number => opened.reduce((total, one) => total + pick(one), 0);
    return { connected: sum(({ connected }) => connected), errors: sum(({ errors }) => errors) };
  }

  async ask(seconds: number, pauseS: number): Promise<Steady> {
    const tallies = await this.#tell<Tally>(() => ({ ask: { seconds, pauseS } }));
    const latencies = tallies.flatMap((tally) => tally.latencies).toSorted((a, b) => a - b);
    const at = (share: number): number =>
      Math.round((latencies[Math.floor(latencies.length * share)] ?? Number.NaN) * 100) / 100;
    return {
      requests: tallies.reduce((total, { requests }) => total + requests, 0),
      errors: tallies.reduce((total, { errors }) => total + errors, 0),
      p50Ms: at(0.5),
      p95Ms: at(0.95),
    };
  }

  stop(): void {
    for (const child of this.#processes) child.disconnect();
  }

  #tell<T>(told: (i: number) => Told): Promise<T[]> {
    return Promise.all(
      this.#processes.map((child, i) => {
        const answer = answerOf<T>(child);
        child.send(told(i));
        return answer;
      }),
    );
  }
}
