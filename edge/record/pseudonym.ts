import { createHmac } from 'node:crypto';

/** A subject in a recording. */
export interface Pseudonym {
  /** Says nothing about the subject to whoever does not have the key. */
  readonly name: string;
  /** Its place among all subjects, from 0 to below 1; independent of the name. */
  readonly place: number;
}

const RANGE = 2 ** 32;
/** 96 bits: two of a billion subjects share a name in one of 10^11 recordings. */
const NAME_BYTES = 12;

/** The same for the same key and subject, in whatever process; nothing has to be remembered for it. */
export function pseudonymOf(key: string, subject: string): Pseudonym {
  const digest = createHmac('sha256', key).update(subject).digest();
  return { place: digest.readUInt32BE(0) / RANGE, name: digest.toString('hex', 4, 4 + NAME_BYTES) };
}
