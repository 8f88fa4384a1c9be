import type { Positions } from '../markers/watermarks.ts';

/** Positions that are one number: `{ at: 42 }`. */
export const numberPositions: Positions = {
  merge: (a, b) => ({ at: Math.max(numberOf(a), numberOf(b)) }),
  encode: (at) => String(numberOf(at)),
  decode: (text) => (/^\d+$/.test(text) ? { at: Number(text) } : undefined),
};

export function numberOf(position: object): number {
  return (position as { at: number }).at;
}
