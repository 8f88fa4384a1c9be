import type { StoredVerification, UnitStore } from '../control/control-store.ts';
import type { MeasuredVerification } from '../judgement/gates.ts';
import type { Standstill } from './stall.ts';
import type { UnitRecord } from './unit-record.ts';
import type { EdgeGroup, EdgeWaits, ServiceStanding, StreamDirection } from './unit-runtime.ts';

/** What is known of a unit without asking its databases and streams; absent is what nobody could tell. */
export interface UnitOverview {
  readonly record: UnitRecord;
  /** What the last verification of each direction found. */
  readonly verified: Readonly<Partial<Record<StreamDirection, MeasuredVerification>>>;
  readonly pinned?: { readonly reads: number; readonly pinned: number };
  readonly waits?: EdgeWaits;
  readonly service?: ServiceStanding;
  readonly standstill?: Standstill;
}

export interface OverviewParts {
  readonly store: Pick<UnitStore, 'latestVerification'>;
  readonly edges: Pick<EdgeGroup, 'counts'>;
}

/** Both the gates and the metrics show what is found here, so that they never differ. */
export async function overviewOf({ store, edges }: OverviewParts, record: UnitRecord): Promise<UnitOverview> {
  const { unit } = record;
  const [forward, reverse] = await Promise.all([
    store.latestVerification(unit, 'forward'),
    store.latestVerification(unit, 'reverse'),
  ]);
  const counts = edges.counts(unit);
  return {
    record,
    verified: {
      ...(forward && { forward: toMeasured(forward) }),
      ...(reverse && { reverse: toMeasured(reverse) }),
    },
    ...(counts && { pinned: { reads: counts.reads, pinned: counts.pinned } }),
    ...(counts?.waits && { waits: counts.waits }),
    ...(counts?.service && { service: counts.service }),
  };
}

function toMeasured({ ageMs, rows, wrong, result }: StoredVerification): MeasuredVerification {
  const count = (name: string): number => Number(result[name] ?? 0);
  return {
    ageMs,
    rows,
    wrong,
    irreversible: count('irreversible'),
    orphans: count('orphans'),
    headroom: count('headroom'),
    notVerified: count('notVerified'),
    coverage: Number(result['coverage'] ?? 100),
  };
}
