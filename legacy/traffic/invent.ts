import { randomUUID } from 'node:crypto';
import type { Random } from './random.ts';
import type { TrackedPoint, TripState } from './tracked.ts';

const PLACES = [
  'Hauptstraße 1',
  "O'Connell St 3",
  'Airport, Terminal 2',
  'Depot "North" \\ gate',
  '駅前広場',
  'Dock 7  ',
];

/** Tokens are fresh for every write, whatever the seed: two runs on one database must not look like doubled writes. */
export function token(): string {
  return randomUUID();
}

/** The body of a new trip, and the fields its answer must show. */
export function newTrip(random: Random): { body: Record<string, unknown>; state: TripState } {
  const body: Record<string, unknown> = { pickup: random.pick(PLACES), clientRef: token(), note: note(random) };
  if (random.chance(0.6)) body['dropoff'] = random.chance(0.2) ? null : random.pick(PLACES);
  if (random.chance(0.4)) body['extras'] = extras(random);
  if (random.chance(0.3)) body['routeId'] = random.int(1, 60);
  const state = { routeId: null, extras: null, dropoff: 'unknown', ...body, status: 'requested', fare: '0.00' };
  return { body, state };
}

/** A change of an open trip. The note always carries a fresh token. */
export function tripChange(random: Random): Record<string, unknown> {
  const change: Record<string, unknown> = { note: note(random) };
  if (random.chance(0.3)) change['dropoff'] = random.chance(0.2) ? null : random.pick(PLACES);
  if (random.chance(0.2)) change['extras'] = random.chance(0.2) ? null : extras(random);
  return change;
}

/** One to three positions; their times are unique within the trip. */
export function newPoints(random: Random, already: number, nowMs: number): TrackedPoint[] {
  return Array.from({ length: random.int(1, 3) }, (_, i) => {
    const micros = String((already + i) % 1000).padStart(3, '0');
    return {
      clientRef: token(),
      recordedAt: `${new Date(nowMs).toISOString().slice(0, -1)}${micros}Z`,
      lat: degrees(random.int(-89_000_000, 89_000_000)),
      lng: degrees(random.int(-179_000_000, 179_000_000)),
      acknowledged: true,
    };
  });
}

export function fare(random: Random): string {
  return `${random.int(0, 99)}.${String(random.int(0, 99)).padStart(2, '0')}`;
}

export function note(random: Random): string {
  return `${token()} ${random.pick(['🚕', 'Grüße', "it's \\ok\\", 'two\nlines', ' '])}`;
}

function extras(random: Random): object {
  return { token: token(), pax: random.int(1, 6), nested: { ключ: [true, null, 'ß'], big: 9007199254740991 } };
}

function degrees(micro: number): string {
  return (micro / 1e6).toFixed(6);
}
