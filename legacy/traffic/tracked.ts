/** Fields of a trip's JSON that must be so; a field that is not named may be anything. */
export type TripState = Readonly<Record<string, unknown>>;

export interface TrackedPoint {
  readonly clientRef: string;
  readonly recordedAt: string;
  readonly lat: string;
  readonly lng: string;
  /** False: the write's outcome is unknown, both is legal. */
  readonly acknowledged: boolean;
}

/** One trip this run has created, and everything its user was told about it. */
export interface TrackedTrip {
  readonly userId: number;
  readonly clientRef: string;
  /** Absent while the outcome of its creation is unknown. */
  id?: string;
  /** The legal states. One, unless the outcome of the last write is unknown: then before and after. */
  states: readonly TripState[];
  deleted: 'no' | 'yes' | 'unknown';
  points: TrackedPoint[];
}

/** What one user has been promised: the acknowledged writes, in order, on top of what was there at login. */
export interface UserModel {
  readonly userId: number;
  baseline: { trips: number; lastTripId: string | null; lastTripNote: string | null };
  /** Trips of the seed, to read but not to write. */
  older: readonly string[];
  readonly trips: TrackedTrip[];
  /** The trip of the last write: what a read back asks for. */
  touched?: TrackedTrip;
  /** Comments of acknowledged feedback, oldest first. */
  readonly feedback: string[];
  readonly readNotifications: Set<string>;
}

export function createUserModel(userId: number): UserModel {
  return {
    userId,
    baseline: { trips: 0, lastTripId: null, lastTripNote: null },
    older: [],
    trips: [],
    feedback: [],
    readNotifications: new Set(),
  };
}

/** The one state a trip is in, when there is no doubt about it. */
export function certainState(trip: TrackedTrip): TripState | undefined {
  return trip.id !== undefined && trip.deleted === 'no' && trip.states.length === 1 ? trip.states[0] : undefined;
}

/** Newest first: ids are numbers too large for a JavaScript number. */
export function byIdDescending(a: { id?: string }, b: { id?: string }): number {
  const [left, right] = [a.id ?? '', b.id ?? ''];
  return right.length - left.length || (right > left ? 1 : right < left ? -1 : 0);
}

/** The first field in which an answer leaves the state. */
export function differingField(state: TripState, got: TripState): string | undefined {
  return Object.keys(state).find((field) => JSON.stringify(state[field]) !== JSON.stringify(got[field]));
}

/** Takes what a read has shown: once the newer state was seen, the older one is no longer legal. */
export function settle(trip: TrackedTrip, seen: TripState): void {
  const newest = trip.states.at(-1)!;
  if (trip.states.length > 1 && differingField(newest, seen) === undefined) trip.states = [newest];
}
