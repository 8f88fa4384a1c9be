import type { StreamDirection } from '../unit/unit-runtime.ts';

/** What a stream of a unit is called in the bookkeeping of its target. */
export function streamName(unit: string, direction: StreamDirection): string {
  return `${unit}:${direction}`;
}
