import {
  bucketOf,
  exposureOf,
  type Ceilings,
  type Exposure,
  type FlagProvider,
  type Subject,
} from '../../flags/index.ts';

interface Token {
  readonly value: string;
  readonly refreshAtMs: number;
}

/** What flags and ceiling say about a subject in a unit, and what that was concluded from. */
export interface Standing {
  readonly exposure: Exposure;
  readonly revision: string;
  readonly ceilings: Ceilings;
  readonly untilMs: number;
}

/** How the unit is known here: its name, its salt, its flags. */
export interface CallerUnit {
  readonly name: string;
  readonly salt: string;
  readonly flags: FlagProvider;
}

/** Flags may depend on the time of day, so a conclusion is not kept for longer. */
const KEEP_MS = 1000;

/** A verified subject with what is derived from it once and used on each of its requests. */
export class Caller {
  readonly subject: Subject;
  readonly #buckets = new Map<string, number>();
  readonly #tokens = new Map<string, Token>();
  readonly #standings = new Map<string, Standing>();

  constructor(subject: Subject) {
    this.subject = subject;
  }

  /** Concluded again with every change of the flags or the ceilings, and each second in any case. */
  standing(unit: CallerUnit, ceilings: Ceilings, nowMs: number): Standing {
    const known = this.#standings.get(unit.name);
    const revision = unit.flags.revision();
    if (known && known.revision === revision && known.ceilings === ceilings && known.untilMs > nowMs) return known;
    const { name, salt, flags } = unit;
    const bucket = this.#bucket(name, salt);
    const exposure = exposureOf({ unit: name, subject: this.subject, ceilings, salt, flags, bucket });
    const standing = { exposure, revision, ceilings, untilMs: nowMs + KEEP_MS };
    this.#standings.set(name, standing);
    return standing;
  }

  /** The identity token for a unit, made again when half its life is over. */
  token(unit: string, nowMs: number, issue: (subject: Subject, unit: string) => Token): string {
    const known = this.#tokens.get(unit);
    if (known && known.refreshAtMs > nowMs) return known.value;
    const token = issue(this.subject, unit);
    this.#tokens.set(unit, token);
    return token.value;
  }

  #bucket(unit: string, salt: string): number {
    const known = this.#buckets.get(unit);
    if (known !== undefined) return known;
    const bucket = bucketOf(salt, this.subject.id);
    this.#buckets.set(unit, bucket);
    return bucket;
  }
}
