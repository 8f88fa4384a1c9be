import { hash } from 'node:crypto';
import type { Answer } from '../compare/answer.ts';
import type { ValueKeeper } from '../keep/value-keeper.ts';
import type { Mirrored } from '../mirrored.ts';
import { withIgnored, type RuleUses } from '../rules/rule-use.ts';
import type { TrialResult } from '../mirror/trial.ts';
import { steadyDifferences } from '../verdict/judge-asking.ts';
import { fieldName } from '../verdict/route-counts.ts';
import { defaultTallyLimits, RouteTally } from '../verdict/route-tally.ts';
import { KeptSamples } from './kept-samples.ts';
import { LatencyCounts } from './latency-counts.ts';
import type { RouteReport } from './report.ts';

export interface RouteLedgerParts {
  readonly route: string;
  /** Hides whose questions they were; the same at every edge of a run. */
  readonly key: Buffer;
  readonly repeatWindowMs: number;
  readonly keeper: ValueKeeper;
  readonly random: () => number;
}

export interface Seen {
  readonly read: Mirrored;
  readonly control: Answer;
  readonly result: TrialResult;
  readonly atMs: number;
}

/** What became of a read for the run: a repetition tells nothing new. */
export type Outcome = 'match' | 'mismatch' | 'lag-only' | 'unsettled' | 'repeated';

/** What this edge sees of one route in one run. */
export class RouteLedger {
  readonly #parts: RouteLedgerParts;
  readonly #tally: RouteTally;
  readonly #kept: KeptSamples;
  #ignored: RuleUses = {};
  readonly #latency = { control: new LatencyCounts(), candidate: new LatencyCounts() };

  constructor(parts: RouteLedgerParts) {
    this.#parts = parts;
    const { route, key, repeatWindowMs, random } = parts;
    this.#tally = new RouteTally(route, key, { ...defaultTallyLimits, repeatWindowMs });
    this.#kept = new KeptSamples(random);
  }

  add(seen: Seen): Outcome {
    const { result, read } = seen;
    this.#latency.control.observe(read.controlMs);
    this.#latency.candidate.observe(result.candidateMs);
    this.#ignored = withIgnored(this.#ignored, result.candidate);
    if (result.kind === 'count') return this.#count(seen);
    this.#tally.note(result.kind === 'lag-only' ? 'lagOnly' : 'unsettled');
    return result.kind;
  }

  report(): RouteReport {
    return {
      counts: this.#tally.counts(),
      ignored: this.#ignored,
      controlMs: this.#latency.control.counts,
      candidateMs: this.#latency.candidate.counts,
      kept: this.#kept.all(),
    };
  }

  #count({ read, control, result, atMs }: Seen): Outcome {
    const { candidate, control: own } = result;
    const asked = { subject: read.subject, question: questionOf(read, control), shape: shapeOf(read) };
    if (!this.#tally.add({ atMs, ...asked, candidate, control: own })) return 'repeated';
    const found = steadyDifferences({ candidate, control: own, isApplied: true, hasMoved: false });
    if (found.length === 0) return 'match';
    const kind = found.map(fieldName).toSorted().join('\n');
    this.#kept.offer(kind, () => ({ at: atMs, differences: found.map((one) => this.#parts.keeper.keep(one, atMs)) }));
    return 'mismatch';
  }
}

/** With what was answered: a question that is answered otherwise by now tells something new. */
function questionOf({ path }: Mirrored, { status, body }: Answer): string {
  return `${path} ${status} ${hash('sha1', body, 'base64')}`;
}

/** Questions that differ only in numbers have the same. */
function shapeOf({ path }: Mirrored): string {
  return path.replaceAll(/\d+/g, '0');
}
