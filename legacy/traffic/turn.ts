import type { Random } from './random.ts';
import { certainState, type TrackedTrip } from './tracked.ts';
import type { VirtualUser } from './virtual-user.ts';
import {
  addPoints,
  cancelTrip,
  changeTrip,
  completeTrip,
  createTrip,
  deleteTrip,
  giveFeedback,
  startTrip,
} from './write-trip.ts';

const MAX_POINTS = 150;
/** How often a write is read back at once: the moment a copy that is behind would be caught. */
const READ_BACK = 0.5;

/** What a person does next: about 70 % reads. Weights, not percentages. */
const READS: readonly [number, (user: VirtualUser, random: Random) => Promise<void>][] = [
  [12, (user) => user.readList()],
  [14, readSomeTrip],
  [7, (user, random) => withTrip(user, random, live, (trip) => user.readTracking(trip))],
  [5, (user, random) => withTrip(user, random, live, (trip) => user.readLast(trip))],
  [8, (user) => user.readSummary()],
  [4, (user, random) => user.browse('/api/vehicles/{id}', random.int(1, 20))],
  [2, (user) => user.browse('/api/vehicles?limit=10')],
  [3, (user) => user.browse('/api/fleet/status')],
  [2, (user) => user.browse('/api/routes')],
  [3, (user) => user.browse('/api/billing/statement')],
  [2, (user) => user.readFeedback()],
  [2, (user) => user.handleNotifications()],
  [1, (user) => user.browse('/api/users/me')],
];

const WRITES: typeof READS = [
  [8, createTrip],
  [9, (user, random) => withTrip(user, random, certain, (trip) => changeTrip(user, trip, random))],
  [4, (user, random) => withTrip(user, random, inStatus('requested'), (trip) => startTrip(user, trip))],
  [3, (user, random) => withTrip(user, random, inStatus('en_route'), (trip) => completeTrip(user, trip, random))],
  [1, (user, random) => withTrip(user, random, inStatus('requested'), (trip) => cancelTrip(user, trip))],
  [2, (user, random) => withTrip(user, random, certain, (trip) => deleteTrip(user, trip))],
  [8, (user, random) => withTrip(user, random, trackable, (trip) => addPoints(user, trip, random))],
  [1, (user, random) => giveFeedback(user, random.pick([...user.model.trips, undefined]), random)],
];

/** One turn of a user: a read, or a write that is often read back at once. */
export async function takeTurn(user: VirtualUser, random: Random): Promise<void> {
  // the first turns of a user order more than they read, later ones even that out
  if (!random.chance(0.34)) return draw(READS, random)(user, random);
  await draw(WRITES, random)(user, random);
  if (random.chance(READ_BACK)) await readBack(user, random);
}

async function readBack(user: VirtualUser, random: Random): Promise<void> {
  const trip = user.model.touched;
  const reads = [() => user.readList(), () => user.readSummary()];
  if (trip?.id !== undefined) {
    reads.push(() => user.readTrip(trip));
    if (live(trip)) reads.push(() => user.readTracking(trip));
  }
  await random.pick(reads)();
}

/** A trip of this run, deleted ones too, or one of the seed. */
async function readSomeTrip(user: VirtualUser, random: Random): Promise<void> {
  const known = user.model.trips.filter((trip) => trip.id !== undefined);
  if (known.length > 0 && random.chance(0.7)) await user.readTrip(random.pick(known));
  else if (user.model.older.length > 0) await user.readOlderTrip(random.pick(user.model.older));
  else await user.readList();
}

/** Without a fitting trip there is nothing to change yet: the user orders one, or looks at the list. */
async function withTrip(
  user: VirtualUser,
  random: Random,
  fits: (trip: TrackedTrip) => boolean,
  act: (trip: TrackedTrip) => Promise<void>,
): Promise<void> {
  const trips = user.model.trips.filter(fits);
  if (trips.length > 0) await act(random.pick(trips));
  else if (user.model.trips.length < 5) await createTrip(user, random);
  else await user.readList();
}

const live = (trip: TrackedTrip): boolean => trip.id !== undefined && trip.deleted === 'no';
const certain = (trip: TrackedTrip): boolean => certainState(trip) !== undefined;
const trackable = (trip: TrackedTrip): boolean => certain(trip) && trip.points.length < MAX_POINTS;
const inStatus = (status: string) => (trip: TrackedTrip) => certainState(trip)?.['status'] === status;

function draw<T>(weighted: readonly (readonly [number, T])[], random: Random): T {
  let left = random.next() * weighted.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, item] of weighted) if ((left -= weight) < 0) return item;
  return weighted[0]![1];
}
