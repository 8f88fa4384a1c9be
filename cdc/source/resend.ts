import type { SourceTransaction } from '../change-event.ts';
import { cdcErrors } from '../errors.ts';

/**
 * A log is read again from the last whole transaction. When the connection was lost between two pieces, the pieces that
 * were handed out already come again and are taken out here.
 */
export class Resend {
  private open: { readonly gtid: SourceTransaction['gtid']; handed: number } | undefined;
  private repeated = 0;

  /** The log is about to be read anew. */
  begin(): void {
    this.repeated = this.open?.handed ?? 0;
  }

  /** What of this transaction or piece is new; undefined when nothing is. */
  filter(transaction: SourceTransaction): SourceTransaction | undefined {
    const { gtid, continues } = transaction;
    this.requireSame(transaction);
    const skip = Math.min(this.repeated, transaction.changes.length);
    this.repeated -= skip;
    const changes = skip > 0 ? transaction.changes.slice(skip) : transaction.changes;
    if (!continues) this.open = undefined;
    else if (this.open) this.open.handed += changes.length;
    else this.open = { gtid, handed: changes.length };
    if (skip === 0) return transaction;
    return changes.length === 0 && continues ? undefined : { ...transaction, changes };
  }

  private requireSame({ gtid: { domain, server, sequence } }: SourceTransaction): void {
    const { open } = this;
    if (!open || (open.gtid.domain === domain && open.gtid.sequence === sequence)) return;
    throw cdcErrors.error('CDC_POSITION_LOST', {
      message: `transaction ${open.gtid.domain}-${open.gtid.server}-${open.gtid.sequence} came in part; ${domain}-${server}-${sequence} follows instead of its rest`,
    });
  }
}
