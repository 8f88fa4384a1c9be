import type { Parsed } from './trip-input.ts';
import { datetimeOf } from './utc.ts';

export interface NewPoint {
  readonly lat: number;
  readonly lng: number;
  readonly speedKmh: number | null;
  readonly clientRef: string | null;
  readonly recordedAt: string;
}

/** The body of `POST /api/tracking/{tripId}`: 1 to 200 positions, all good or none taken. */
export function parsePoints(body: Readonly<Record<string, unknown>> | undefined): Parsed<NewPoint[]> {
  const points = body?.['points'];
  if (!Array.isArray(points) || points.length === 0 || points.length > 200)
    return { ok: false, error: 'points must be a list of 1 to 200' };
  const parsed = points.map(parsePoint);
  const bad = parsed.indexOf(undefined);
  if (bad >= 0) return { ok: false, error: `points[${bad}] is not a position` };
  return { ok: true, value: parsed as NewPoint[] };
}

function parsePoint(point: unknown): NewPoint | undefined {
  if (typeof point !== 'object' || point === null) return undefined;
  const { lat, lng, speedKmh = null, clientRef = null, ...rest } = point as Record<string, unknown>;
  const isFine =
    isNumber(lat, 90) &&
    isNumber(lng, 180) &&
    (speedKmh === null || isNumber(speedKmh, 1000)) &&
    (clientRef === null || (typeof clientRef === 'string' && clientRef.length <= 36));
  const recordedAt = isFine ? datetimeOf(rest['recordedAt']) : undefined;
  return recordedAt === undefined ? undefined : ({ lat, lng, speedKmh, clientRef, recordedAt } as NewPoint);
}

const isNumber = (value: unknown, max: number): boolean =>
  typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= max;
