import type { Row } from '../change-event.ts';
import { maskKey } from './mask-key.ts';
import type { FindingKind, Mismatch } from './mismatch.ts';
import { percent, type Finding, type Unverified, type UnverifiedReason } from './verification.ts';

/** Something found at a place of the walk, counted in rows from its start. */
interface Entry<T> {
  readonly at: number;
  readonly what: T;
}

/** One pass as it is kept. */
export interface PassRecord {
  readonly walked: number;
  readonly compared: number;
  readonly times: readonly (readonly [walked: number, at: number])[];
  readonly findings: readonly Entry<Finding>[];
  readonly unverified: readonly Entry<Unverified>[];
  /** What was found beyond the number of entries kept. */
  readonly more: Readonly<Partial<Record<FindingKind | 'unverified', number>>>;
}

const ENTRIES = 1_000;
const TIMES = 1_000;

/** What one walk through all rows saw, and when it was where. */
export class PassLog {
  /** Rows of both sides gone through, and target rows compared. */
  walked = 0;
  compared = 0;
  private times: [number, number][] = [];
  private findings: Entry<Finding>[] = [];
  private unverified: Entry<Unverified>[] = [];
  private readonly more = new Map<FindingKind | 'unverified', number>();
  private readonly places = new Set<string>();

  /** A chunk was read at this time. */
  walk(rows: number, atMs: number): void {
    this.walked += rows;
    this.times.push([this.walked, atMs]);
    if (this.times.length > TIMES) this.times = this.times.filter((_, i) => i % 2 === 1);
  }

  add({ kind, table, key, columns }: Mismatch, at: number): void {
    const place = `${table} ${JSON.stringify(Object.values(key).map(String))}`;
    // A damaged row may look as if it came from another source row; it is wrong once.
    if (kind === 'extra' && this.places.has(place)) return;
    this.places.add(place);
    if (this.findings.length < ENTRIES) this.findings.push({ at, what: { kind, table, key: maskKey(key), columns } });
    else this.more.set(kind, (this.more.get(kind) ?? 0) + 1);
  }

  leaveOut(table: string, key: Row, reason: UnverifiedReason, at: number): void {
    if (this.unverified.length < ENTRIES) this.unverified.push({ at, what: { table, key: maskKey(key), reason } });
    else this.more.set('unverified', (this.more.get('unverified') ?? 0) + 1);
  }

  has(kind: FindingKind): boolean {
    return this.findings.some(({ what }) => what.kind === kind) || this.more.has(kind);
  }

  /** When the first chunk behind this place was read. */
  timeBehind(walked: number): number | undefined {
    return this.times.find(([reached]) => reached > walked)?.[1];
  }

  /** What was found behind a place of the walk. */
  behind(walked: number) {
    return {
      findings: this.findings.filter(({ at }) => at >= walked).map(({ what }) => what),
      unverified: this.unverified.filter(({ at }) => at >= walked).map(({ what }) => what),
      more: this.more,
    };
  }

  record(): PassRecord {
    const { walked, compared, times, findings, unverified, more } = this;
    return { walked, compared, times, findings, unverified, more: Object.fromEntries(more) };
  }

  static of(record: PassRecord): PassLog {
    const log = new PassLog();
    log.walked = record.walked;
    log.compared = record.compared;
    log.times = record.times.map(([walked, at]) => [walked, at]);
    log.findings = [...record.findings];
    log.unverified = [...record.unverified];
    for (const [kind, count] of Object.entries(record.more)) log.more.set(kind as FindingKind, count);
    return log;
  }
}

/** What is known at this moment: of the pass under way, and of the one before where this one has not been yet. */
export function summarise(current: PassLog, before: PassLog | undefined, estimate: number, nowMs: number) {
  const [mine, theirs] = [current.behind(0), before?.behind(current.walked)];
  const findings = [...mine.findings, ...(theirs?.findings ?? [])];
  const unverified = [...mine.unverified, ...(theirs?.unverified ?? [])];
  const more = (kind: FindingKind | 'unverified'): number => (mine.more.get(kind) ?? 0) + (theirs?.more.get(kind) ?? 0);
  const count = (kind: FindingKind): number => findings.filter((finding) => finding.kind === kind).length + more(kind);
  const oldest = before?.timeBehind(current.walked) ?? current.timeBehind(0) ?? nowMs;
  const [missing, extra] = [count('missing'), count('extra')];
  return {
    rows: Math.max(current.compared, before?.compared ?? 0),
    wrong: count('different') + missing + extra + count('collision'),
    missing,
    extra,
    irreversible: count('irreversible'),
    orphans: count('orphan'),
    headroom: count('headroom'),
    notVerified: unverified.length + more('unverified'),
    coverage: before ? 100 : percent(current.walked, Math.max(estimate, current.walked)),
    oldestAgeMs: nowMs - oldest,
    findings,
    unverified,
  };
}
