import type { LookupFunction } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Breaker } from '../../breaker/breaker.ts';
import type { ForwardOutcome } from '../../forward/forwarder.ts';
import { HeaderLines } from '../../hygiene/header-lines.ts';
import { IDENTITY_HEADER } from '../../identify/identity-token.ts';
import { SHADOW_HEADER } from '../../shadow-writes/contract.ts';
import { callResult } from '../../targets/call-result.ts';
import type { Target } from '../../targets/target.ts';
import type { Answer } from '../compare/answer.ts';
import type { Mirrored } from '../mirrored.ts';
import { AnswerCopy } from './answer-copy.ts';
import { Lines, type LineLimits } from './lines.ts';
import type { Lease } from './memory-account.ts';
import type { QuestionEnd } from './question.ts';

export interface AskLimits extends LineLimits {
  /** Bytes of an answer. */
  readonly maxBytes: number;
}

/** Why there is no answer to compare: each is a difference of its own class. */
export type NoAnswer = 'timeout' | 'unanswered' | 'too-large';

/** What a side answered, and how long it took to begin. */
export interface Asked {
  readonly answer: Answer | NoAnswer;
  readonly headMs: number;
}

export interface AskerParts {
  readonly limits: AskLimits;
  readonly lookup: LookupFunction | undefined;
  readonly random?: () => number;
}

interface Ended {
  readonly end: QuestionEnd;
  readonly headMs: number;
}

/** Another answer would come of each of them, not a better or worse one. */
const NOT_MIRRORED = new Set(['accept-encoding', 'range', 'if-none-match', 'if-modified-since', 'content-length']);

/**
 * Asks either side a mirrored read again: over connections of its own, within a deadline, and not at all while the
 * candidate keeps failing (invariant 6).
 */
export class Asker {
  readonly breaker: Breaker;
  readonly #parts: AskerParts;
  readonly #reach = { connectFailures: 0 };
  /** There once something is asked. */
  #lines: Lines | undefined;

  constructor(parts: AskerParts) {
    this.#parts = parts;
    const random = parts.random ?? Math.random;
    this.breaker = new Breaker({ target: this.#reach, limits: { slowMs: Number.POSITIVE_INFINITY }, random });
  }

  /** Asks the candidate; its breaker takes notice. Never rejects. */
  async askCandidate(read: Mirrored, lease: Lease): Promise<Asked> {
    const pass = this.breaker.begin(performance.now());
    const ended = await this.#ask(read.candidate, read, lease);
    const result = callResult(outcomeOf(ended.end), true);
    this.#reach.connectFailures = result === 'unreachable' ? this.#reach.connectFailures + 1 : 0;
    this.breaker.end(pass, result, ended.headMs, performance.now());
    return askedOf(ended);
  }

  /** Never rejects. */
  async askControl(read: Mirrored, lease: Lease): Promise<Asked> {
    return askedOf(await this.#ask(read.control, read, lease));
  }

  /** Whether the candidate answers at all. Never rejects. */
  async probe(read: Mirrored, lease: Lease): Promise<ForwardOutcome> {
    const { end } = await this.#ask(read.candidate, read, lease);
    return outcomeOf(end);
  }

  async close(): Promise<void> {
    await this.#lines?.close();
  }

  #ask(target: Target, read: Mirrored, lease: Lease): Promise<Ended> {
    const { limits, lookup } = this.#parts;
    const lines = (this.#lines ??= new Lines(limits, lookup));
    const { method, path } = read;
    const copy = new AnswerCopy(limits.maxBytes, lease);
    return new Promise((resolve) => {
      const done = (end: QuestionEnd, headMs: number): void => resolve({ end, headMs });
      lines.ask(target.pick(), { method, path, headers: headersFor(target, read), copy, done });
    });
  }
}

function headersFor(target: Target, { headers, identity }: Mirrored): HeaderLines {
  const list: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const [name = '', value = ''] = [headers[i], headers[i + 1]];
    if (!NOT_MIRRORED.has(name.toLowerCase())) list.push(name, value);
  }
  if (target.side === 'service') list.push(...saidToService(identity()));
  return HeaderLines.ofList(list);
}

function saidToService(token: string | undefined): string[] {
  return [...(token === undefined ? [] : [IDENTITY_HEADER, token]), SHADOW_HEADER, '1'];
}

function askedOf({ end, headMs }: Ended): Asked {
  if (end.kind === 'answered') return { answer: end.answer, headMs };
  if (end.kind === 'too-large') return { answer: 'too-large', headMs };
  return { answer: end.failure === 'timeout' ? 'timeout' : 'unanswered', headMs };
}

/** An answer that is larger than can be compared is one all the same. */
function outcomeOf(end: QuestionEnd): ForwardOutcome {
  if (end.kind === 'failed') return { kind: 'failed', failure: end.failure, sent: true };
  return { kind: 'answered', status: end.kind === 'answered' ? end.answer.status : end.status };
}
