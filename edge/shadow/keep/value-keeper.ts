import { createHmac, randomBytes } from 'node:crypto';
import type { Difference, DifferenceClass, Severity } from '../compare/difference.ts';
import type { Evidence, EvidenceKind } from '../compare/evidence.ts';
import { sealValue, type SealedValue } from './sealed-value.ts';

/** What is kept of a value: by default nothing that says what it was (invariant 10). */
export interface KeptValue {
  readonly kind: EvidenceKind;
  /** Bytes. */
  readonly length: number;
  /** With a key: the same for the same value, and of no use without the key. */
  readonly hash?: string;
  /** Where the plan opts in. */
  readonly sealed?: SealedValue;
  /** Only in the hands of whoever has the key and asked for it. */
  readonly text?: string;
}

/** What is kept of a difference. */
export interface KeptDifference {
  readonly path: string;
  readonly class: DifferenceClass;
  readonly severity: Severity;
  readonly count: number;
  readonly control: KeptValue;
  readonly candidate: KeptValue;
}

export interface KeeperOptions {
  /** Keys the hashes, and through them what can be recognised; a new one makes the old ones say nothing. */
  readonly hashKey?: Buffer;
  readonly open?: OpenFields;
}

/** Fields whose values are kept, encrypted, for a time. */
export interface OpenFields {
  readonly paths: ReadonlySet<string>;
  readonly key: Buffer;
  readonly lifeMs: number;
}

const HASH_CHARACTERS = 22;
/** Longer values are kept up to here. */
const SEALED_BYTES = 4096;

/** Decides what of a difference outlives the comparison. */
export class ValueKeeper {
  readonly #options: KeeperOptions;

  constructor(options: KeeperOptions = {}) {
    this.#options = options;
  }

  keep(difference: Difference, nowMs: number): KeptDifference {
    const { path, class: kind, severity, count, control, candidate } = difference;
    const keep = (side: Evidence): KeptValue => this.#value(side, path, nowMs);
    return { path, class: kind, severity, count, control: keep(control), candidate: keep(candidate) };
  }

  #value(evidence: Evidence, path: string, nowMs: number): KeptValue {
    const { kind, length } = evidence;
    if (kind === 'missing') return { kind, length };
    const { hashKey, open } = this.#options;
    const hash = hashKey && hashOf(evidence.reveal(), hashKey);
    const isOpen = open?.paths.has(path) === true;
    const sealed = isOpen ? seal(evidence.reveal(), path, open.key, nowMs + open.lifeMs) : undefined;
    return { kind, length, ...(hash && { hash }), ...(sealed && { sealed }) };
  }
}

function seal(value: Buffer, path: string, key: Buffer, expiresAtMs: number): SealedValue {
  return sealValue(value.subarray(0, SEALED_BYTES), { path, expiresAtMs }, key, randomBytes(12));
}

function hashOf(value: Buffer, key: Buffer): string {
  return createHmac('sha256', key).update(value).digest('base64url').slice(0, HASH_CHARACTERS);
}
