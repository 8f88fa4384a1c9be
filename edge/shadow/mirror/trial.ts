import type { Answer } from '../compare/answer.ts';
import type { AnswerComparer } from '../compare/answer-comparer.ts';
import { isMismatch, type Comparison } from '../compare/difference.ts';
import type { Mirrored } from '../mirrored.ts';
import { canBeLag, judgeAsking, steadyDifferences, type Asking } from '../verdict/judge-asking.ts';
import type { Asked, Asker } from './asker.ts';
import { compareAsked } from './compare-asked.ts';
import type { Heads } from './heads.ts';
import type { Lease } from './memory-account.ts';
import type { Parking } from './parking.ts';
import type { Turns } from './turns.ts';

/** What became of a mirrored read: it counts with what was found, or tells of the copy only. */
export interface TrialResult {
  readonly kind: 'count' | 'lag-only' | 'unsettled';
  readonly candidate: Comparison;
  /** Control's answer against its second one, asked together with the candidate. */
  readonly control: Comparison | undefined;
  /** Until the candidate's answer began, the first time. */
  readonly candidateMs: number;
}

export interface TrialParts {
  readonly asker: Asker;
  readonly heads: Heads;
  /** True when the candidate shows everything up to a position of legacy's log. */
  readonly isApplied: (at: object) => boolean;
  readonly parking: Parking;
  /** How long a difference may wait for the copy to catch up. */
  readonly settleMs: number;
  readonly turns: Turns;
  readonly isCandidateFirst: () => boolean;
  /** Gives the place of a trial that waits to another one. */
  readonly aside: <T>(waiting: () => Promise<T>) => Promise<T>;
}

export interface TrialSubject {
  readonly read: Mirrored;
  readonly control: Answer;
  readonly comparer: AnswerComparer;
  readonly lease: Lease;
  readonly isPaired: boolean;
}

/** The number of the last asking: a difference that rows can explain is asked again twice. */
const LAST = 2;

/**
 * One mirrored read. The candidate is asked after control, of some reads control a second time at the same moment, in
 * random order. A difference that rows can explain counts only where the candidate had applied everything control had
 * committed, and control says the same afterwards; otherwise it waits for the copy, and both are asked afresh.
 */
export class Trial {
  readonly #parts: TrialParts;
  readonly #subject: TrialSubject;
  #candidateMs = 0;

  constructor(parts: TrialParts, subject: TrialSubject) {
    this.#parts = parts;
    this.#subject = subject;
  }

  async run(): Promise<TrialResult> {
    const at = await this.#head();
    const isApplied = at !== undefined && this.#parts.isApplied(at);
    let asking = await this.#ask(this.#subject.control, this.#subject.isPaired, isApplied);
    let { kind } = judgeAsking(asking, 0, LAST);
    for (let number = 1; kind === 'park'; number++) {
      const again = await this.#askAgain();
      if (again) asking = again;
      kind = again ? judgeAsking(again, number, LAST).kind : 'unsettled';
    }
    return { kind, candidate: asking.candidate, control: asking.control, candidateMs: this.#candidateMs };
  }

  /** Both sides afresh, once the copy has what control shows; undefined when it has not in time, or control is gone. */
  async #askAgain(): Promise<Asking | undefined> {
    const { read, lease } = this.#subject;
    lease.release(); // What was answered before counts no more.
    const before = await this.#parts.asker.askControl(read, lease);
    const at = await this.#head();
    if (typeof before.answer === 'string' || at === undefined) return undefined;
    const { parking, settleMs, isApplied, aside } = this.#parts;
    const how = await aside(() => parking.wait(() => isApplied(at), settleMs));
    return how === 'due' ? this.#ask(before.answer, true, true) : undefined;
  }

  async #ask(control: Answer, isPaired: boolean, isApplied: boolean): Promise<Asking> {
    const { candidate, second } = await this.#askBoth(isPaired);
    this.#candidateMs ||= candidate.headMs;
    const found = await this.#parts.turns.run(() => this.#weigh(control, candidate, second));
    const asking = { ...found, isApplied, hasMoved: false };
    const steady = steadyDifferences(asking);
    const isOpen = isApplied && steady.length > 0 && steady.every(canBeLag);
    if (!isOpen || !(await this.#hasMoved(control, steady))) return asking;
    return { ...asking, control: undefined, hasMoved: true };
  }

  /** Where control itself has moved on, and the candidate says what control says by now, that is what it is held to. */
  #weigh(control: Answer, candidate: Asked, second: Asked | undefined): Pick<Asking, 'candidate' | 'control'> {
    const found = { candidate: this.#compare(control, candidate), control: second && this.#compare(control, second) };
    if (!second || typeof second.answer === 'string' || !isMismatch(found.candidate)) return found;
    if (!found.control || !isMismatch(found.control)) return found;
    const now = this.#compare(second.answer, candidate);
    return isMismatch(now) ? found : { candidate: now, control: found.control };
  }

  /** Control once more: where it says something else by now, the candidate may have seen the change first. */
  async #hasMoved(control: Answer, found: readonly { readonly path: string }[]): Promise<boolean> {
    const { asker, turns } = this.#parts;
    const after = await asker.askControl(this.#subject.read, this.#subject.lease);
    if (typeof after.answer === 'string') return true;
    const own = await turns.run(() => this.#compare(control, after));
    const moved = new Set(own.differences.map(({ path }) => path));
    return found.some(({ path }) => moved.has(path));
  }

  async #askBoth(isPaired: boolean): Promise<{ candidate: Asked; second: Asked | undefined }> {
    const { asker, isCandidateFirst } = this.#parts;
    const { read, lease } = this.#subject;
    const askSecond = (): Promise<Asked> | undefined => (isPaired ? asker.askControl(read, lease) : undefined);
    const early = isPaired && !isCandidateFirst() ? askSecond() : undefined;
    const candidate = asker.askCandidate(read, lease);
    const second = early ?? askSecond();
    return { candidate: await candidate, second: await second };
  }

  /** Undefined when legacy's log cannot be asked. */
  #head(): Promise<object | undefined> {
    return this.#parts.heads.now().catch(() => undefined);
  }

  #compare(control: Answer, { answer }: Asked): Comparison {
    return compareAsked(this.#subject.comparer, control, answer);
  }
}
