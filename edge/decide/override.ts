import { Counter, type Clock, type Registry } from '../../shared/index.ts';
import { BoundedMap } from '../identify/bounded-map.ts';
import { cookieValue } from '../identify/cookie.ts';
import { ownCopy } from '../identify/own-copy.ts';
import { signText, verifiedText } from '../signed-text.ts';
import type { Side } from './unit-state.ts';

/** A tester's wish, signed: the reads of one unit come from one side, for a while. */
export interface Override {
  readonly unit: string;
  readonly side: Side;
  readonly untilMs: number;
  /** Whose requests it is good for; everybody's who shows it when absent. */
  readonly subject?: string | undefined;
}

export const OVERRIDE_HEADER = 'x-banyan-override';
export const OVERRIDE_COOKIE = 'banyan_override';

const FORGED = 'forged';
const MEMORY = 1_000;
/** Ours are shorter. */
const LONGEST = 1_024;

/** What a tester sends in the header or the cookie. */
export function signOverride(key: string, { unit, side, untilMs, subject }: Override): string {
  return signText(key, 'override', JSON.stringify({ unit, side, untilMs, subject }));
}

export interface OverridesParts {
  readonly key: string;
  readonly clock: Clock;
  readonly registry: Registry;
}

/** Reads what testers send. What is forged, expired or somebody else's is as good as nothing, and is counted. */
export class Overrides {
  readonly #key: string;
  readonly #clock: Clock;
  readonly #ignored: Counter;
  readonly #known = new BoundedMap<string, Override | typeof FORGED>(MEMORY);

  constructor({ key, clock, registry }: OverridesParts) {
    this.#key = key;
    this.#clock = clock;
    this.#ignored = new Counter({
      name: 'banyan_edge_override_ignored_total',
      help: 'Overrides of testers that changed nothing, by reason.',
      labelNames: ['reason'],
      registers: [registry],
    });
  }

  /** What the request shows; the header comes before the cookie. */
  shownIn({ override, cookie }: { override: string | undefined; cookie: string | undefined }): string | undefined {
    if (override !== undefined) return override;
    return cookie?.includes(`${OVERRIDE_COOKIE}=`) ? cookieValue(cookie, OVERRIDE_COOKIE) : undefined;
  }

  /** The side it wants for this unit; undefined when it wants none, or may not. */
  sideOf(shown: string, unit: string, subject: string | undefined): Side | undefined {
    const override = this.#read(shown);
    if (override === FORGED) return this.#ignore(FORGED);
    if (override.unit !== unit) return undefined; // A tester of two units shows one token at a time.
    if (override.untilMs <= this.#clock.now()) return this.#ignore('expired');
    if (override.subject !== undefined && override.subject !== subject) return this.#ignore('other-subject');
    return override.side;
  }

  #read(shown: string): Override | typeof FORGED {
    const known = this.#known.get(shown);
    if (known !== undefined) return known;
    const text = verifiedText(this.#key, 'override', shown);
    const override = text === undefined ? FORGED : (JSON.parse(text) as Override);
    if (shown.length <= LONGEST) this.#known.set(ownCopy(shown), override);
    return override;
  }

  #ignore(reason: string): undefined {
    this.#ignored.inc({ reason });
    return undefined;
  }
}
