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

/** Who services are told a request comes from. */
export interface Identity {
  /** The user's id as legacy and the issuer of tokens know it; of a machine `key:<name>`. */
  readonly sub: string;
  readonly kind: 'user' | 'api-key';
  readonly tenant?: string;
}

/** Flags may depend on the time of day, so a conclusion is not kept for longer. */
const KEEP_MS = 1000;

/**
 * Who a request belongs to, with what is derived from it once and used on each of its requests: the subject, whose side
 * counts, and the identity, which is what services are told. A subject without an identity has a side and no name: an
 * unknown visitor, a session nobody was asked about.
 */
export class Caller {
  readonly subject: Subject;
  readonly identity: Identity | undefined;
  /** Of a guest: the user who is logged in, while the side of the visitor they were still counts. */
  readonly person: Caller | undefined;
  readonly #buckets = new Map<string, number>();
  readonly #tokens = new Map<string, Token>();
  readonly #standings = new Map<string, Standing>();

  constructor(subject: Subject, identity: Identity | undefined, person?: Caller) {
    this.subject = subject;
    this.identity = identity;
    this.person = person;
  }

  /** Under which id what they write is remembered. */
  get writer(): string {
    return this.person?.subject.id ?? this.subject.id;
  }

  /** Concluded again with every change of the flags or the ceilings, and each second in any case. */
  standing(unit: CallerUnit, ceilings: Ceilings, nowMs: number): Standing {
    const known = this.#standings.get(unit.name);
    const revision = unit.flags.revision();
    if (known && known.revision === revision && known.ceilings === ceilings && known.untilMs > nowMs) return known;
    const { name, salt, flags } = unit;
    const bucket = this.bucket(unit);
    const exposure = exposureOf({ unit: name, subject: this.subject, ceilings, salt, flags, bucket });
    const standing = { exposure, revision, ceilings, untilMs: nowMs + KEEP_MS };
    this.#standings.set(name, standing);
    return standing;
  }

  /** The identity token for a unit, made again when half its life is over; nothing for who has no identity. */
  token(unit: string, nowMs: number, issue: (identity: Identity, unit: string) => Token): string | undefined {
    if (this.identity === undefined) return undefined;
    const known = this.#tokens.get(unit);
    if (known && known.refreshAtMs > nowMs) return known.value;
    const token = issue(this.identity, unit);
    this.#tokens.set(unit, token);
    return token.value;
  }

  /** The subject's place in the unit's rollout, 0…9999. */
  bucket({ name, salt }: Pick<CallerUnit, 'name' | 'salt'>): number {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    const bucket = bucketOf(salt, this.subject.id);
    this.#buckets.set(name, bucket);
    return bucket;
  }
}
