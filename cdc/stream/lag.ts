import type { ChangeSource } from '../change-source.ts';
import { covers, transactionsBehind, type Position } from '../position.ts';

export interface Lag {
  readonly transactions: number;
  /** For how long, at least, something known to be in the source's log has not been applied. */
  readonly ms: number;
}

/** Measures lag with our own clock only: a position seen at the source and not covered since is that late. */
export class LagGauge {
  private readonly source: Pick<ChangeSource, 'head'>;
  private readonly now: () => number;
  private seen: { readonly head: Position; readonly at: number } | undefined;

  constructor(source: Pick<ChangeSource, 'head'>, now: () => number = Date.now) {
    this.source = source;
    this.now = now;
  }

  async read(watermark: () => Position): Promise<Lag> {
    const at = this.now();
    const head = await this.source.head();
    const applied = watermark();
    if (!this.seen || covers(applied, this.seen.head)) this.seen = { head, at };
    const transactions = transactionsBehind(applied, head);
    return { transactions, ms: transactions === 0 ? 0 : this.now() - this.seen.at };
  }
}
