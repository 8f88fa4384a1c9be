/** What stands at a place of one answer. */
export type EvidenceKind = 'missing' | 'null' | 'boolean' | 'number' | 'string' | 'list' | 'object' | 'text' | 'bytes';

/**
 * What one answer holds where two differ: kind and length are for everybody, the value is not (invariant 10). It stays
 * in a private field, so that neither JSON nor a log line nor an error shows it; whoever keeps it must ask for it.
 */
export class Evidence {
  readonly kind: EvidenceKind;
  /** Bytes as sent. */
  readonly length: number;
  readonly #value: Buffer;

  constructor(kind: EvidenceKind, value: Buffer = NOTHING) {
    this.kind = kind;
    this.length = value.length;
    this.#value = value;
  }

  /** The value's bytes, for what hashes or encrypts them. */
  reveal(): Buffer {
    return this.#value;
  }
}

const NOTHING = Buffer.alloc(0);

export const missing = new Evidence('missing');

/** A header or a status: short, and itself a value of the answer. */
export function textEvidence(value: string | undefined): Evidence {
  return value === undefined ? missing : new Evidence('string', Buffer.from(value));
}
