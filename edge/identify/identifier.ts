import type { Clock } from '../../shared/index.ts';
import { LATE, type Credentials, type IdentityWay, type Verdict } from './identity-way.ts';

export interface IdentifierParts {
  readonly ways: readonly IdentityWay[];
  readonly waitMs: number;
  readonly clock: Clock;
  readonly late: () => void;
}

/**
 * Tells who a request belongs to: the ways are asked in their order, and the first that can verify something says who it
 * is. A credential that does not verify is as good as none. A way that cannot tell in time ends the search: whoever it
 * was must not be taken for somebody else.
 */
export class Identifier {
  readonly #parts: IdentifierParts;
  readonly #ways: readonly IdentityWay[];

  constructor(parts: IdentifierParts) {
    this.#parts = parts;
    this.#ways = parts.ways;
  }

  /** Answers at once unless somebody outside must be asked, and then within the budget. */
  identify(from: Credentials): Verdict | Promise<Verdict> {
    for (let i = 0; i < this.#ways.length; i++) {
      const verdict = this.#ways[i]?.identify(from);
      if (verdict instanceof Promise) return this.#inTime(this.#goOn(verdict, i + 1, from));
      if (verdict === LATE) this.#parts.late();
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }

  /** The session of this request is over. */
  forget(from: Credentials): void {
    for (const way of this.#ways) way.forget?.(from);
  }

  async start(): Promise<void> {
    await Promise.all(this.#ways.map(async (way) => way.start?.()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#ways.map(async (way) => way.stop?.()));
  }

  async #goOn(first: Promise<Verdict>, next: number, from: Credentials): Promise<Verdict> {
    let verdict = await first;
    for (let i = next; verdict === undefined && i < this.#ways.length; i++)
      verdict = await this.#ways[i]?.identify(from);
    return verdict;
  }

  async #inTime(asking: Promise<Verdict>): Promise<Verdict> {
    const { clock, waitMs, late } = this.#parts;
    const answered = new AbortController();
    const expired = clock.sleep(waitMs, answered.signal).then((): Verdict => LATE);
    const verdict = await Promise.race([asking, expired]);
    answered.abort();
    if (verdict === LATE) late();
    return verdict;
  }
}
