import { differingField, type TrackedTrip } from './tracked.ts';

/** A trip as its owner's tables hold it, in the words of the API. */
export interface OwnerTrip {
  readonly clientRef: string;
  readonly id: string;
  readonly status: string;
  readonly note: string | null;
  readonly dropoff: string | null;
  readonly fare: string;
  readonly deleted: boolean;
}

export interface OwnerPoint {
  readonly clientRef: string;
  readonly tripId: string;
}

export interface Reconciliation {
  /** Acknowledged creations and positions that were looked for. */
  readonly checked: number;
  /** Acknowledged, and not there; or there in a state from before an acknowledged write. */
  readonly lostWrites: number;
  /** There more than once. */
  readonly doubledWrites: number;
  readonly findings: readonly {
    readonly kind: 'lost' | 'doubled';
    readonly clientRef: string;
    readonly what: string;
  }[];
}

type Finding = Reconciliation['findings'][number];

/** Compares every acknowledged write of a run with the tables of whoever owns them now. Pure. */
export function reconcile(o: {
  tracked: readonly TrackedTrip[];
  trips: readonly OwnerTrip[];
  points: readonly OwnerPoint[];
}): Reconciliation {
  const trips = byRef(o.trips);
  const points = byRef(o.points);
  const acknowledged = o.tracked.flatMap((trip) => trip.points.filter((point) => point.acknowledged));
  const findings = o.tracked.flatMap((trip) => [
    ...tripFindings(trip, trips.get(trip.clientRef) ?? []),
    ...trip.points.flatMap((point) =>
      pointFindings(point.clientRef, point.acknowledged, trip.id, points.get(point.clientRef) ?? []),
    ),
  ]);
  return {
    checked: o.tracked.filter((trip) => trip.id !== undefined).length + acknowledged.length,
    lostWrites: findings.filter((finding) => finding.kind === 'lost').length,
    doubledWrites: findings.filter((finding) => finding.kind === 'doubled').length,
    findings,
  };
}

function tripFindings(trip: TrackedTrip, rows: readonly OwnerTrip[]): Finding[] {
  const { clientRef } = trip;
  if (rows.length > 1) return [{ kind: 'doubled', clientRef, what: `trip exists ${rows.length} times` }];
  const [row] = rows;
  if (!row) return trip.id === undefined ? [] : [{ kind: 'lost', clientRef, what: `trip ${trip.id} is missing` }];
  const what = tripDifference(trip, row);
  return what === undefined ? [] : [{ kind: 'lost', clientRef, what: `trip ${row.id}: ${what}` }];
}

function tripDifference(trip: TrackedTrip, row: OwnerTrip): string | undefined {
  if (trip.id !== undefined && trip.id !== row.id) return `its id was ${trip.id}`;
  if (trip.deleted !== 'unknown' && (trip.deleted === 'yes') !== row.deleted) return `deleted is ${row.deleted}`;
  const { id: _id, deleted: _deleted, ...fields } = row;
  const differences = trip.states.map((state) => differingField(pick(state, Object.keys(fields)), { ...fields }));
  return differences.every((field) => field !== undefined) ? `${differences.at(-1)} is not as acknowledged` : undefined;
}

function pointFindings(
  clientRef: string,
  acknowledged: boolean,
  tripId: string | undefined,
  rows: readonly OwnerPoint[],
): Finding[] {
  if (rows.length > 1) return [{ kind: 'doubled', clientRef, what: `position exists ${rows.length} times` }];
  if (!rows[0]) return acknowledged ? [{ kind: 'lost', clientRef, what: `position of trip ${tripId} is missing` }] : [];
  return rows[0].tripId === tripId ? [] : [{ kind: 'lost', clientRef, what: `position is at trip ${rows[0].tripId}` }];
}

function pick(state: Readonly<Record<string, unknown>>, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(state).filter(([field]) => fields.includes(field)));
}

function byRef<T extends { readonly clientRef: string }>(rows: readonly T[]): Map<string, T[]> {
  return Map.groupBy(rows, (row) => row.clientRef);
}
