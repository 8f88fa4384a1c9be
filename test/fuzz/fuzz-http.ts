import { Bench, FORWARDERS, type ForwarderName } from './bench.ts';
import { judge, saidBy, type Outcome } from './judge.ts';
import { createScript, type Script } from './script.ts';
import { readAnswers } from './strict-answer.ts';

export interface FuzzRun {
  readonly seed: number;
  readonly forMs: number;
  /** The first connection, and how many; as many as there is time for when absent. */
  readonly from?: number;
  readonly count?: number;
  /** Told before each connection: a run that stops telling hangs. */
  readonly onSession?: (session: number) => void;
}

export interface FuzzFinding {
  readonly session: number;
  readonly forwarder: ForwarderName;
  readonly problems: readonly string[];
  readonly sent: readonly string[];
  readonly heard: string;
}

export interface FuzzReport {
  readonly connections: number;
  /** Requests that reached the target. */
  readonly forwarded: number;
  /** How often each answer was heard: a status, with the code of an answer of the edge's own. */
  readonly answers: Readonly<Record<string, number>>;
  readonly findings: readonly FuzzFinding[];
}

const MANY = 20;

/** Says the same to an edge with each of the forwarders, one connection after the other, and tells what should not have happened. */
export async function fuzzHttp({ seed, forMs, from = 0, count = Infinity, onSession }: FuzzRun): Promise<FuzzReport> {
  const benches = await Promise.all(FORWARDERS.map((forwarder) => Bench.open(forwarder)));
  const tally = new Tally();
  const end = performance.now() + forMs;
  try {
    for (let session = from; session < from + count && performance.now() < end && !tally.isFull; session++) {
      onSession?.(session);
      const script = createScript(seed, session);
      for (const bench of benches) tally.add(session, bench.forwarder, script, await bench.run(script));
    }
  } finally {
    await Promise.all(benches.map((bench) => bench.close()));
  }
  return tally.report();
}

class Tally {
  #connections = 0;
  #forwarded = 0;
  readonly #answers: Record<string, number> = {};
  readonly #findings: FuzzFinding[] = [];

  get isFull(): boolean {
    return this.#findings.length >= MANY;
  }

  add(session: number, forwarder: ForwarderName, { pieces }: Script, outcome: Outcome): void {
    const { reading, heard, seen } = outcome;
    this.#connections++;
    this.#forwarded += seen.length;
    const methods = reading.requests.map(({ method }) => method);
    for (const answer of readAnswers(heard.text, methods, true).answers) this.#count(saidBy(answer));
    const problems = judge(outcome);
    if (problems.length > 0) this.#findings.push({ session, forwarder, problems, sent: pieces, heard: heard.text });
  }

  report(): FuzzReport {
    const answers = Object.fromEntries(Object.entries(this.#answers).toSorted(([, a], [, b]) => b - a));
    return { connections: this.#connections, forwarded: this.#forwarded, answers, findings: this.#findings };
  }

  #count(said: string): void {
    this.#answers[said] = (this.#answers[said] ?? 0) + 1;
  }
}
