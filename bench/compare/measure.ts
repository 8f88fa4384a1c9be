import { AnswerComparer, type Answer } from '../../edge/index.ts';
import { answerPairs, type AnswerPair } from './answers.ts';

export interface ComparisonFigures {
  readonly name: string;
  /** Pairs of answers compared in a second of one core. */
  readonly answersPerS: number;
  /** Against `JSON.parse` of both bodies. */
  readonly vsParse: number;
}

export interface MeasureOptions {
  readonly rounds: number;
  /** Of processor time, each. */
  readonly ms: number;
}

/** Each pair of answers by itself, medians; the two sides take turns, so that a busy machine is so for both. */
export function measureComparison(options: MeasureOptions): ComparisonFigures[] {
  return answerPairs().map((pair) => measurePair(pair, options));
}

/** The slowest of all pairs that have to be read; the same bytes twice are not read at all. */
export function slowestOf(figures: readonly ComparisonFigures[]): ComparisonFigures {
  const read = figures.filter(({ name }) => name !== 'same bytes');
  const answersPerS = Math.min(...read.map((one) => one.answersPerS));
  return { name: 'compare', answersPerS, vsParse: Math.max(...read.map((one) => one.vsParse)) };
}

function measurePair({ name, control, candidate }: AnswerPair, { rounds, ms }: MeasureOptions): ComparisonFigures {
  const comparer = new AnswerComparer();
  const compare = (): unknown => comparer.compare(control, candidate);
  const parse = (): unknown => [parsed(control), parsed(candidate)];
  const times = Array.from({ length: rounds + 1 }, () => [microseconds(compare, ms), microseconds(parse, ms)] as const);
  const counted = times.slice(1); // The first round is for the compiler.
  const answersPerS = Math.round(1e6 / median(counted.map(([compared]) => compared)));
  const vsParse = median(counted.map(([compared, parsing]) => compared / parsing));
  return { name, answersPerS, vsParse: Math.round(vsParse * 100) / 100 };
}

function parsed({ body }: Answer): unknown {
  return JSON.parse(body.toString('utf8'));
}

const BATCH = 200;

/** By the processor time used, so that others on the machine do not count. */
function microseconds(work: () => unknown, forMs: number): number {
  const start = process.cpuUsage();
  let [done, usedUs] = [0, 0];
  while (usedUs < forMs * 1000) {
    for (let i = 0; i < BATCH; i++) work();
    done += BATCH;
    const { user, system } = process.cpuUsage(start);
    usedUs = user + system;
  }
  return usedUs / done;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
