import { bucketOf, type Subject } from '../flags/index.ts';

interface Token {
  readonly value: string;
  readonly refreshAtMs: number;
}

/** A verified subject with what is derived from it once and used on each of its requests. */
export class Caller {
  readonly subject: Subject;
  readonly #buckets = new Map<string, number>();
  readonly #tokens = new Map<string, Token>();

  constructor(subject: Subject) {
    this.subject = subject;
  }

  bucket(unit: string, salt: string): number {
    const known = this.#buckets.get(unit);
    if (known !== undefined) return known;
    const bucket = bucketOf(salt, this.subject.id);
    this.#buckets.set(unit, bucket);
    return bucket;
  }

  /** The identity token for a unit, made again when half its life is over. */
  token(unit: string, nowMs: number, issue: (subject: Subject, unit: string) => Token): string {
    const known = this.#tokens.get(unit);
    if (known && known.refreshAtMs > nowMs) return known.value;
    const token = issue(this.subject, unit);
    this.#tokens.set(unit, token);
    return token.value;
  }
}
