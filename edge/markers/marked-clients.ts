import type { Clock } from '../../shared/index.ts';
import type { Side } from '../decide/unit-state.ts';
import { BoundedMap } from '../identify/bounded-map.ts';
import { cookieValue } from '../identify/cookie.ts';
import { MARKER_COOKIE, type CookieMark, type MarkerCookie } from './marker-cookie.ts';
import type { SideMarks } from './marker-store.ts';
import type { Markers } from './markers.ts';

/** A write that can be at work for longer than this, as seen from now, was told by a clock that is wrong. */
const LONGEST_MS = 660_000;

/** One cookie as it was seen first. */
interface Sighting {
  readonly marks: readonly CookieMark[];
  /** What was found out since, by unit and side. */
  readonly found: Map<string, SideMarks>;
}

/**
 * What clients carry of their own writes. A cookie says that there was a write and when it was over; where that was in
 * the log nobody knew when the answer began. Whoever sees it first takes a position of its own, which is after the write.
 */
export class MarkedClients {
  readonly #cookie: MarkerCookie;
  readonly #clock: Clock;
  readonly #refused: () => void;
  readonly #seen = new BoundedMap<string, Sighting>(20_000);

  constructor(cookie: MarkerCookie, clock: Clock, refused: () => void) {
    this.#cookie = cookie;
    this.#clock = clock;
    this.#refused = refused;
  }

  /** The Set-Cookie line that adds a write to what the client carries already. */
  mark(cookies: string | undefined, unit: string, side: Side, overInMs: number): string {
    const carried = cookies === undefined ? [] : (this.#sightingIn(cookies)?.marks ?? []);
    const recent = carried.filter(({ overAtMs }) => Math.abs(this.#clock.now() - overAtMs) < LONGEST_MS);
    return this.#cookie.line([...recent, { unit, side, overAtMs: this.#clock.now() + overInMs }]);
  }

  /** True when the other side shows everything that the client is known to have written on `side`. */
  isApplied(cookies: string, unit: string, side: Side, markers: Markers): boolean {
    const sighting = cookies.includes(MARKER_COOKIE) ? this.#sightingIn(cookies) : undefined;
    if (!sighting) return true;
    const key = `${unit} ${side}`;
    const known = sighting.found.get(key);
    if (known) return markers.isCleared(known, side);
    const waitMs = this.#waitFor(sighting.marks, unit, side);
    if (waitMs === undefined) return true;
    sighting.found.set(key, markers.sight(side, waitMs));
    return false;
  }

  /** How long the latest of them may still be at work; undefined when there is none. */
  #waitFor(marks: readonly CookieMark[], unit: string, side: Side): number | undefined {
    const now = this.#clock.now();
    const waits = marks
      .filter((mark) => mark.side === side && (mark.unit === unit || mark.unit === '*'))
      .map(({ overAtMs }) => overAtMs - now)
      .filter((waitMs) => waitMs > -LONGEST_MS);
    if (waits.length === 0) return undefined;
    const longest = Math.max(...waits);
    return longest > LONGEST_MS ? 0 : Math.max(0, longest);
  }

  #sightingIn(cookies: string): Sighting | undefined {
    const value = cookieValue(cookies, MARKER_COOKIE);
    if (value === undefined) return undefined;
    const known = this.#seen.get(value);
    if (known) return known;
    const marks = this.#cookie.open(value);
    if (!marks) {
      this.#refused();
      return undefined;
    }
    const sighting = { marks, found: new Map<string, SideMarks>() };
    this.#seen.set(value, sighting);
    return sighting;
  }
}
