import type { BanyanError } from '../shared/index.ts';

/** A message that its source could not understand at all, as it came. It has no key, so nothing can go on past it. */
export interface DeadLetter {
  /**
   * Names exactly this message to its source: `topic/partition/offset`. A source that finds the name among
   * `StartPoint.passes` takes the message for one that means nothing.
   */
  readonly where: string;
  readonly raw: Buffer;
}

const letters = new WeakMap<BanyanError, DeadLetter>();

/** For a source about to throw: the stream keeps the letter before it stops. Gives the error back. */
export function withDeadLetter(error: BanyanError, letter: DeadLetter): BanyanError {
  letters.set(error, letter);
  return error;
}

export function deadLetterOf(error: BanyanError): DeadLetter | undefined {
  return letters.get(error);
}
