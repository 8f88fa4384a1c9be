import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Side } from '../decide/unit-state.ts';

/** A write that travels with its client. */
export interface CookieMark {
  /** `*`: it may have changed rows of any unit. */
  readonly unit: string;
  readonly side: Side;
  /** The moment, in milliseconds since 1970, at which the write is over for certain. */
  readonly overAtMs: number;
}

export const MARKER_COOKIE = 'banyan_mark';

/** How long a client keeps it. A copy further behind than that is late, and nobody reads from a late copy. */
const KEEP_S = 600;
/** More units than this are told as one mark on all of them: the cookie stays below 400 bytes. */
const MOST = 6;
const MAC_BYTES = 16;
const ENTRY = /^([a-z][a-z0-9_-]{0,39}|\*)~([ls])~([0-9a-z]{1,10})$/;

/**
 * Seals marks into the value of a cookie, `unit~side~time.….mac`, and opens it again. The first key seals, every key
 * opens: a new key is put in front, and the old one taken away ten minutes later. What is forged, foreign or unreadable
 * says nothing: a marker can only keep a read from the copy, so that leaving one out is all a forger could wish for, and
 * that anybody can do by sending none.
 */
export class MarkerCookie {
  readonly #keys: readonly string[];

  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  /** The Set-Cookie line for these marks. */
  line(marks: readonly CookieMark[]): string {
    return `${MARKER_COOKIE}=${this.seal(marks)}; Path=/; Max-Age=${KEEP_S}; HttpOnly; SameSite=Lax`;
  }

  seal(marks: readonly CookieMark[]): string {
    const text = merged(marks)
      .map(
        ({ unit, side, overAtMs }) => `${unit}~${side === 'legacy' ? 'l' : 's'}~${Math.round(overAtMs).toString(36)}`,
      )
      .join('.');
    return `${text}.${macOf(text, this.#keys[0] ?? '').toString('base64url')}`;
  }

  /** Undefined for what was not sealed with one of the keys. */
  open(value: string): CookieMark[] | undefined {
    const dot = value.lastIndexOf('.');
    const text = value.slice(0, Math.max(0, dot));
    const given = Buffer.from(value.slice(dot + 1), 'base64url');
    if (given.length !== MAC_BYTES || !this.#keys.some((key) => timingSafeEqual(macOf(text, key), given)))
      return undefined;
    return text.split('.').flatMap((entry) => markOf(entry) ?? []);
  }
}

/** One mark for each unit and side, the latest; one for all units when there would be too many. */
function merged(marks: readonly CookieMark[]): CookieMark[] {
  const latest = new Map<string, CookieMark>();
  for (const mark of marks) {
    const key = `${mark.unit} ${mark.side}`;
    const known = latest.get(key);
    if (!known || known.overAtMs < mark.overAtMs) latest.set(key, mark);
  }
  const all = [...latest.values()];
  return all.length <= MOST ? all : merged(all.map((mark) => ({ ...mark, unit: '*' })));
}

function markOf(entry: string): CookieMark | undefined {
  const [, unit, side, time] = ENTRY.exec(entry) ?? [];
  if (unit === undefined || time === undefined) return undefined;
  return { unit, side: side === 'l' ? 'legacy' : 'service', overAtMs: Number.parseInt(time, 36) };
}

/** The label keeps these signatures apart from whatever else the same key signs. */
function macOf(text: string, key: string): Buffer {
  return createHmac('sha256', key).update(`banyan-mark 1 ${text}`).digest().subarray(0, MAC_BYTES);
}
