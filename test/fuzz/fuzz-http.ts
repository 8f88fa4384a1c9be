import { Bench, FORWARDERS, type ForwarderName } from './bench.ts';
import { judge, saidBy } from './judge.ts';
import { createScript } from './script.ts';
import { judgeStreams } from './streams/stream-judge.ts';
import { createStreamScript } from './streams/stream-script.ts';
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
  readonly sent: string;
  readonly heard: string;
}

export interface FuzzReport {
  readonly connections: number;
  /** Requests that reached the target. */
  readonly forwarded: number;
  /** How often each answer was heard: a status, with the code of an answer of the edge's own; of HTTP/2 how streams ended. */
  readonly answers: Readonly<Record<string, number>>;
  readonly findings: readonly FuzzFinding[];
}

/** One connection as the report has it. */
interface Told {
  readonly problems: readonly string[];
  readonly forwarded: number;
  readonly answers: readonly string[];
  readonly sent: string;
  readonly heard: string;
}

const MANY = 20;
const HTTP2_EVERY = 5;

/** Says the same to an edge with each of the forwarders, one connection after the other, and tells what should not have happened. */
export async function fuzzHttp({ seed, forMs, from = 0, count = Infinity, onSession }: FuzzRun): Promise<FuzzReport> {
  const benches = await Promise.all(FORWARDERS.map((forwarder) => Bench.open(forwarder)));
  const tally = new Tally();
  const end = performance.now() + forMs;
  try {
    for (let session = from; session < from + count && performance.now() < end && !tally.isFull; session++) {
      onSession?.(session);
      const run = session % HTTP2_EVERY === 0 ? runStreams : runRequests;
      for (const bench of benches) tally.add(session, bench.forwarder, await run(bench, seed, session));
    }
  } finally {
    await Promise.all(benches.map((bench) => bench.close()));
  }
  return tally.report();
}

async function runRequests(bench: Bench, seed: number, session: number): Promise<Told> {
  const script = createScript(seed, session);
  const outcome = await bench.run(script);
  const { reading, heard, seen } = outcome;
  const methods = reading.requests.map(({ method }) => method);
  const answers = readAnswers(heard.text, methods, true).answers.map(saidBy);
  return { problems: judge(outcome), forwarded: seen.length, answers, sent: script.text, heard: heard.text };
}

async function runStreams(bench: Bench, seed: number, session: number): Promise<Told> {
  const script = createStreamScript(seed, session);
  const outcome = await bench.runStreams(script);
  const { streams } = outcome.heard;
  return {
    problems: judgeStreams(outcome),
    forwarded: outcome.seen.length,
    answers: streams.map(({ end }) => `stream ${end}`),
    sent: Buffer.concat(script.pieces).toString('latin1'),
    heard: JSON.stringify(streams),
  };
}

class Tally {
  #connections = 0;
  #forwarded = 0;
  readonly #answers: Record<string, number> = {};
  readonly #findings: FuzzFinding[] = [];

  get isFull(): boolean {
    return this.#findings.length >= MANY;
  }

  add(session: number, forwarder: ForwarderName, { problems, forwarded, answers, sent, heard }: Told): void {
    this.#connections++;
    this.#forwarded += forwarded;
    for (const said of answers) this.#answers[said] = (this.#answers[said] ?? 0) + 1;
    if (problems.length > 0) this.#findings.push({ session, forwarder, problems, sent, heard });
  }

  report(): FuzzReport {
    const answers = Object.fromEntries(Object.entries(this.#answers).toSorted(([, a], [, b]) => b - a));
    return { connections: this.#connections, forwarded: this.#forwarded, answers, findings: this.#findings };
  }
}
