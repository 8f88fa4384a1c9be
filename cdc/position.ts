/**
 * Where an event is in the source's log: one GTID sequence per replication domain ("0-1-42,7701-1-9").
 * Order exists inside a domain only, so positions are compared domain by domain and never as one number.
 * The server id is kept for resuming but takes no part in comparisons: after a failover it changes.
 */
export type Position = ReadonlyMap<number, DomainPosition>;

export interface DomainPosition {
  readonly server: number;
  readonly sequence: bigint;
}

/** One transaction's place: the same shape as a position with a single domain. */
export interface Gtid extends DomainPosition {
  readonly domain: number;
}

export const emptyPosition: Position = new Map();

/** Reads MariaDB's text form. An empty text is the beginning of history. Throws a RangeError on anything else. */
export function parsePosition(text: string): Position {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  return new Map(parts.map(parseGtid).map((gtid) => [gtid.domain, { server: gtid.server, sequence: gtid.sequence }]));
}

export function parseGtid(text: string): Gtid {
  const match = /^\s*(\d+)-(\d+)-(\d+)\s*$/.exec(text);
  if (!match) throw new RangeError(`"${text}" is not a MariaDB GTID; expected domain-server-sequence, such as 0-1-42`);
  return { domain: Number(match[1]), server: Number(match[2]), sequence: BigInt(match[3] ?? 0) };
}

export function formatPosition(position: Position): string {
  const domains = [...position].toSorted(([a], [b]) => a - b);
  return domains.map(([domain, at]) => `${domain}-${at.server}-${at.sequence}`).join(',');
}

/** True when everything at or before `wanted` is contained in `applied`. */
export function covers(applied: Position, wanted: Position): boolean {
  for (const [domain, at] of wanted) {
    const reached = applied.get(domain);
    if (!reached || reached.sequence < at.sequence) return false;
  }
  return true;
}

/** The smallest position that covers both. */
export function mergePositions(a: Position, b: Position): Position {
  const merged = new Map(a);
  for (const [domain, at] of b) {
    const known = merged.get(domain);
    if (!known || known.sequence < at.sequence) merged.set(domain, at);
  }
  return merged;
}

export function advance(position: Position, gtid: Gtid): Position {
  return mergePositions(position, new Map([[gtid.domain, { server: gtid.server, sequence: gtid.sequence }]]));
}

/** How many transactions `applied` is behind `head`, summed over domains. */
export function transactionsBehind(applied: Position, head: Position): number {
  let behind = 0n;
  for (const [domain, at] of head) {
    const gap = at.sequence - (applied.get(domain)?.sequence ?? 0n);
    if (gap > 0n) behind += gap;
  }
  return Number(behind);
}
