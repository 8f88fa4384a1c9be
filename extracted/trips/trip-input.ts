/** What a client sent, checked; or the sentence that goes into the 400. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

export interface TripChange {
  readonly note?: string | null;
  readonly dropoff?: string | null;
  readonly extras?: object | null;
}

export interface NewTrip {
  readonly pickup: string;
  readonly dropoff: string | null;
  readonly note: string | null;
  readonly extras: object | null;
  readonly routeId: number | null;
  readonly clientRef: string | null;
}

type Body = Readonly<Record<string, unknown>>;

/** The body of `POST /api/trips`. A `dropoff` left out is "unknown"; null says there is none. */
export function parseNewTrip(body: Body): Parsed<NewTrip> {
  const problem = isText(body['pickup'], 255) ? badTrip(body) : 'pickup is required, at most 255 characters';
  if (problem !== undefined) return { ok: false, error: problem };
  const { pickup, dropoff = 'unknown', note = null, extras = null, routeId = null, clientRef = null } = body;
  return { ok: true, value: { pickup, dropoff, note, extras, routeId, clientRef } as NewTrip };
}

/** The body of `PATCH /api/trips/{id}`: only what is named changes. */
export function parseTripChange(body: Body): Parsed<TripChange> {
  const problem = badTrip(body);
  if (problem !== undefined) return { ok: false, error: problem };
  const named = Object.entries({ note: body['note'], dropoff: body['dropoff'], extras: body['extras'] });
  return { ok: true, value: Object.fromEntries(named.filter(([, value]) => value !== undefined)) };
}

/** The body of `POST /api/trips/{id}/complete`: the price in cents. */
export function parseFare(body: Body | undefined): Parsed<string> {
  const fare = String(body?.['fare']);
  if (!/^\d{1,8}\.\d\d$/.test(fare)) return { ok: false, error: 'fare must look like "12.50"' };
  return { ok: true, value: BigInt(fare.replace('.', '')).toString() };
}

function badTrip(body: Body): string | undefined {
  if (!isTextOrNothing(body['dropoff'], 255)) return 'dropoff must be text or null, at most 255 characters';
  if (!isTextOrNothing(body['note'], 10_000)) return 'note must be text or null, at most 10000 characters';
  if (!isObjectOrNothing(body['extras'])) return 'extras must be an object or null';
  if (!isIdOrNothing(body['routeId'])) return 'routeId must be a number or null';
  if (!isTextOrNothing(body['clientRef'], 36)) return 'clientRef must be text, at most 36 characters';
  return undefined;
}

const isNothing = (value: unknown): boolean => value === undefined || value === null;
const isText = (value: unknown, max: number): boolean =>
  isTextOrNothing(value, max) && !isNothing(value) && value !== '';
const isTextOrNothing = (value: unknown, max: number): boolean =>
  isNothing(value) || (typeof value === 'string' && value.length <= max);
const isObjectOrNothing = (value: unknown): boolean =>
  isNothing(value) || (typeof value === 'object' && !Array.isArray(value));
const isIdOrNothing = (value: unknown): boolean =>
  isNothing(value) || (Number.isInteger(value) && Number(value) > 0 && Number(value) < 2 ** 32);
