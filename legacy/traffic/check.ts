import { byIdDescending, differingField, settle, type TrackedTrip, type TripState, type UserModel } from './tracked.ts';

/** An answer that contradicts an acknowledged write. */
export interface Violation {
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

/** A single trip, or its 404 (undefined). */
export function checkTrip(trip: TrackedTrip, got: TripState | undefined): Violation[] {
  if (!got) {
    if (trip.deleted === 'unknown') trip.deleted = 'yes';
    return trip.deleted === 'no' ? [violation(`trip ${trip.id}`, trip.clientRef, 'not found')] : [];
  }
  if (trip.deleted === 'yes') return [violation(`deleted trip ${trip.id}`, 'not found', trip.clientRef)];
  settle(trip, got);
  const fields = trip.states.map((state) => differingField(state, got));
  const field = fields.every((name) => name !== undefined) ? fields.at(-1) : undefined;
  return field === undefined ? [] : [violation(`trip ${trip.id} ${field}`, trip.states.at(-1)?.[field], got[field])];
}

/** The first page of the user's own trips, newest first. */
export function checkList(model: UserModel, listed: readonly TripState[], limit: number): Violation[] {
  adopt(model, listed);
  const found = new Map(listed.map((trip) => [String(trip['id']), trip]));
  const uncertain = model.trips.filter((trip) => trip.id === undefined || trip.deleted === 'unknown').length;
  const live = model.trips.filter((trip) => trip.id !== undefined && trip.deleted === 'no').toSorted(byIdDescending);
  const missing = live.slice(0, Math.max(0, limit - uncertain)).filter((trip) => !found.has(trip.id!));
  const known = model.trips.filter((trip) => trip.id !== undefined && found.has(trip.id));
  return [
    ...missing.map((trip) => violation(`list without trip ${trip.id}`, trip.clientRef, 'not listed')),
    ...known.flatMap((trip) => checkTrip(trip, found.get(trip.id!))),
    ...disorder(listed),
  ];
}

export function checkSummary(model: UserModel, got: Readonly<Record<string, unknown>>): Violation[] {
  const live = model.trips.filter((trip) => trip.id !== undefined && trip.deleted === 'no').toSorted(byIdDescending);
  const uncertain = model.trips.filter((trip) => trip.deleted === 'unknown' || trip.id === undefined);
  const least = model.baseline.trips + live.length;
  const count = Number(got['trips']);
  if (!(count >= least && count <= least + uncertain.length))
    return [violation('summary trips', uncertain.length === 0 ? least : `${least} or more`, got['trips'])];
  if (uncertain.length > 0) return [];
  const [last] = live;
  const lastId = last?.id ?? model.baseline.lastTripId;
  if (got['lastTripId'] !== lastId) return [violation('summary lastTripId', lastId, got['lastTripId'])];
  const notes = last ? last.states.map((state) => state['note']) : [model.baseline.lastTripNote];
  return notes.includes(got['lastTripNote'])
    ? []
    : [violation('summary lastTripNote', notes.at(-1), got['lastTripNote'])];
}

/** All acknowledged positions, each once, in the order they were sent, and nothing that was never sent. */
export function checkTracking(trip: TrackedTrip, points: readonly Readonly<Record<string, unknown>>[]): Violation[] {
  const got = points.map(pointText);
  const expected = trip.points.map((point) => ({ text: pointText(point), must: point.acknowledged }));
  let at = 0;
  for (const point of expected) {
    if (got[at] === point.text) at++;
    else if (point.must) return [violation(`tracking of trip ${trip.id}`, point.text, got[at])];
  }
  return at === got.length ? [] : [violation(`tracking of trip ${trip.id}`, 'no more positions', got[at])];
}

/** The newest position, or none (undefined). */
export function checkLast(trip: TrackedTrip, got: Readonly<Record<string, unknown>> | undefined): Violation[] {
  const newest = trip.points.findLastIndex((point) => point.acknowledged);
  const legal: (string | undefined)[] = trip.points.slice(Math.max(0, newest)).map(pointText);
  if (newest < 0) legal.push(undefined);
  const text = got && pointText(got);
  return legal.includes(text) ? [] : [violation(`last position of trip ${trip.id}`, legal[0], text)];
}

/** The newest page of feedback holds the newest acknowledged comments, newest first. */
export function checkFeedback(model: UserModel, comments: readonly unknown[], limit: number): Violation[] {
  const missing = model.feedback.slice(-limit).filter((comment) => !comments.includes(comment));
  return missing.map((comment) => violation('feedback', comment, 'not listed'));
}

export function violation(what: string, expected: unknown, got: unknown): Violation {
  const show = (value: unknown): string =>
    (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')).slice(0, 80);
  return { what, expected: show(expected), got: show(got) };
}

/** A creation whose outcome was unknown turns out to have happened. */
function adopt(model: UserModel, listed: readonly TripState[]): void {
  for (const trip of model.trips) {
    const found = trip.id === undefined && listed.find((item) => item['clientRef'] === trip.clientRef);
    if (!found) continue;
    trip.id = String(found['id']);
    trip.states = [found];
  }
}

function disorder(listed: readonly TripState[]): Violation[] {
  const ids = listed.map((trip) => ({ id: String(trip['id']) }));
  const wrong = ids.findIndex((trip, at) => at > 0 && byIdDescending(ids[at - 1]!, trip) >= 0);
  return wrong < 0 ? [] : [violation('list order', `below ${ids[wrong - 1]?.id}`, ids[wrong]?.id)];
}

function pointText(point: { recordedAt?: unknown; lat?: unknown; lng?: unknown }): string {
  return [point.recordedAt, point.lat, point.lng].join(' ');
}
