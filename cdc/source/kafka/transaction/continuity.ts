import { cdcErrors } from '../../../errors.ts';
import { formatPosition, type DomainPosition, type Gtid, type Position } from '../../../position.ts';

/**
 * How far a topic was followed, domain by domain. MariaDB numbers the transactions of a domain without gaps, and the
 * connector writes a mark for every one of them, so a number left out is a transaction that the topic does not hold.
 */
export class Continuity {
  private readonly reached: Map<number, DomainPosition>;
  private readonly wasEmpty: boolean;

  constructor(from: Position) {
    this.reached = new Map(from);
    this.wasEmpty = from.size === 0;
  }

  get position(): Position {
    return this.reached;
  }

  covers({ domain, sequence }: Gtid): boolean {
    return (this.reached.get(domain)?.sequence ?? -1n) >= sequence;
  }

  /**
   * Throws `CDC_POSITION_LOST` when something is missing in front of this transaction. A domain never heard of may
   * begin anywhere, unless nothing at all was read yet: then it must begin at its beginning.
   */
  requireNext(gtid: Gtid, where: string): void {
    const known = this.reached.get(gtid.domain)?.sequence;
    const last = known ?? (this.wasEmpty ? 0n : gtid.sequence - 1n);
    if (gtid.sequence <= last + 1n) return;
    const wanted = `${gtid.domain}-*-${last + 1n}`;
    throw cdcErrors.error('CDC_POSITION_LOST', {
      message: `${where} goes on with ${formatGtid(gtid)}; expected ${wanted} after ${formatPosition(this.reached) || 'the beginning'}`,
      fix: 'the topic was recreated or cut by its retention, or its connector has begun anew or too late: take a new snapshot while the connector runs',
    });
  }

  reach({ domain, server, sequence }: Gtid): void {
    this.reached.set(domain, { server, sequence });
  }
}

export function formatGtid({ domain, server, sequence }: Gtid): string {
  return `${domain}-${server}-${sequence}`;
}
