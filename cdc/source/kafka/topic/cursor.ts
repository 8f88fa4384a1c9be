import type { Place } from './topic-log.ts';

/** Names a record as `topic/partition/offset`: in messages, for dead letters, and as the hint kept with a position. */
export function formatCursor({ topic, partition }: Place, offset: number): string {
  return `${topic}/${partition}/${offset}`;
}

/** The offset a cursor names, if it is one of this place. */
export function offsetOf(cursor: string | undefined, place: Place): number | undefined {
  const prefix = formatCursor(place, 0).slice(0, -1);
  const digits = cursor?.startsWith(prefix) ? cursor.slice(prefix.length) : '';
  return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
}
