import type { Random } from './random.ts';
import { violation, type Violation } from './check.ts';
import { fare, newPoints, newTrip, token, tripChange } from './invent.ts';
import { certainState, differingField, type TrackedTrip, type TripState } from './tracked.ts';
import type { VirtualUser } from './virtual-user.ts';

/** Set by the server's clock: taken from the answer, not predicted. */
const SERVER_FIELDS = ['updatedAt', 'startedAt', 'finishedAt'];

export async function createTrip(user: VirtualUser, random: Random): Promise<void> {
  const { userId, trips } = user.model;
  const { body, state } = newTrip(random);
  const trip: TrackedTrip = {
    userId,
    clientRef: String(body['clientRef']),
    states: [state],
    deleted: 'no',
    points: [],
  };
  user.model.touched = trip;
  await user.write('POST', '/api/trips', undefined, body, {
    acknowledged: (got) => {
      trips.push(trip);
      return accept(trip, state, got);
    },
    unknown: () => void trips.push(trip),
  });
}

export async function changeTrip(user: VirtualUser, trip: TrackedTrip, random: Random): Promise<void> {
  const change = tripChange(random);
  await moveTrip(user, trip, 'PATCH', '', change, change);
}

export async function startTrip(user: VirtualUser, trip: TrackedTrip): Promise<void> {
  await moveTrip(user, trip, 'POST', '/start', undefined, { status: 'en_route' });
}

export async function completeTrip(user: VirtualUser, trip: TrackedTrip, random: Random): Promise<void> {
  const body = { fare: fare(random) };
  await moveTrip(user, trip, 'POST', '/complete', body, { ...body, status: 'completed' });
}

export async function cancelTrip(user: VirtualUser, trip: TrackedTrip): Promise<void> {
  await moveTrip(user, trip, 'POST', '/cancel', undefined, { status: 'cancelled' });
}

export async function deleteTrip(user: VirtualUser, trip: TrackedTrip): Promise<void> {
  user.model.touched = trip;
  await user.write('DELETE', '/api/trips/{id}', trip.id, undefined, {
    acknowledged: () => void (trip.deleted = 'yes'),
    unknown: () => void (trip.deleted = 'unknown'),
  });
}

export async function addPoints(user: VirtualUser, trip: TrackedTrip, random: Random): Promise<void> {
  user.model.touched = trip;
  const points = newPoints(random, trip.points.length, Date.now());
  const body = points.map((point) => ({
    lat: Number(point.lat),
    lng: Number(point.lng),
    speedKmh: random.chance(0.2) ? null : random.int(0, 250) / 2,
    recordedAt: point.recordedAt,
    clientRef: point.clientRef,
  }));
  await user.write(
    'POST',
    '/api/tracking/{id}',
    trip.id,
    { points: body },
    {
      acknowledged: (got) => {
        trip.points.push(...points);
        const accepted = (got as { accepted?: number } | undefined)?.accepted;
        return accepted === points.length ? [] : [violation('accepted positions', points.length, accepted)];
      },
      unknown: () => void trip.points.push(...points.map((point) => ({ ...point, acknowledged: false }))),
    },
  );
}

export async function giveFeedback(user: VirtualUser, trip: TrackedTrip | undefined, random: Random): Promise<void> {
  const comment = `${token()} 👍`;
  const body = { rating: random.int(1, 5), comment, tripId: trip?.id ?? null };
  await user.write('POST', '/api/feedback', undefined, body, {
    acknowledged: () => void user.model.feedback.push(comment),
  });
}

/** A write to a trip whose state is certain; `change` is what its answer and every later read must show. */
async function moveTrip(
  user: VirtualUser,
  trip: TrackedTrip,
  method: 'POST' | 'PATCH',
  step: string,
  body: object | undefined,
  change: TripState,
): Promise<void> {
  user.model.touched = trip;
  const before = certainState(trip)!;
  const stable = Object.entries(before).filter(([field]) => !SERVER_FIELDS.includes(field));
  const expected = { ...Object.fromEntries(stable), ...change };
  await user.write(method, `/api/trips/{id}${step}`, trip.id, body, {
    acknowledged: (got) => accept(trip, expected, got),
    unknown: () => void (trip.states = [before, expected]),
  });
}

/** From here on the acknowledged answer, whole, is what reads must show. */
function accept(trip: TrackedTrip, expected: TripState, body: unknown): Violation[] {
  const got = (body ?? {}) as TripState;
  const field = differingField(expected, got);
  trip.id ??= String(got['id']);
  trip.states = [field === undefined ? got : expected];
  return field === undefined ? [] : [violation(`answer to a write, ${field}`, expected[field], got[field])];
}
