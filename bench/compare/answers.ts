import type { Answer } from '../../edge/index.ts';

/** Two answers as a service and its monolith give them, and what it is about them that differs. */
export interface AnswerPair {
  readonly name: string;
  readonly control: Answer;
  readonly candidate: Answer;
}

interface Shape {
  readonly ids?: readonly number[];
  readonly millisecond?: string;
  readonly isReversed?: boolean;
  readonly next?: string;
}

/** A page of trips in 2 KB of JSON, against itself and against what two applications make of it. */
export function answerPairs(): AnswerPair[] {
  const control = page({});
  const pair = (name: string, shape: Shape): AnswerPair => ({ name, control, candidate: page(shape) });
  return [
    pair('same bytes', {}),
    pair('keys in another order', { isReversed: true }),
    pair('one field differs', { next: '3' }),
    pair('a field of each row differs', { millisecond: '111' }),
    pair('both', { millisecond: '111', isReversed: true }),
    pair('a page that begins one later', { ids: [2, 3, 4, 5, 6] }),
  ];
}

function page({ ids = [1, 2, 3, 4, 5], millisecond = '987', isReversed = false, next = '2' }: Shape): Answer {
  const trips = ids.map((id) => inOrder(trip(id, millisecond), isReversed));
  return { status: 200, headers: HEADERS, body: Buffer.from(JSON.stringify({ trips, next })) };
}

const HEADERS = [
  'Content-Type',
  'application/json; charset=utf-8',
  'Cache-Control',
  'no-store',
  'ETag',
  'W/"7d1"',
  'Date',
  'Sat, 21 Nov 2026 08:00:00 GMT',
  'Content-Length',
  '2001',
];

function trip(id: number, millisecond: string): object {
  return {
    id: String(id),
    userId: 7,
    vehicleId: null,
    routeId: 5,
    status: 'requested',
    pickup: `Köpenicker Straße ${id}`,
    dropoff: 'unknown',
    fare: '12.50',
    surge: '1.00',
    currency: 'EUR',
    shared: false,
    odometerStart: '0',
    startedAt: null,
    finishedAt: null,
    note: null,
    extras: { seats: 2 },
    clientRef: `ref-${id}`,
    createdAt: '2026-11-21T08:00:00Z',
    updatedAt: `2026-11-21T08:00:00.${millisecond}Z`,
    lat: 52.520008,
    lon: 13.404954,
  };
}

function inOrder(value: object, isReversed: boolean): object {
  return isReversed ? Object.fromEntries(Object.entries(value).toReversed()) : value;
}
