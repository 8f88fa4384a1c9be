import type { Express } from 'express';
import { cutoverErrors } from '../errors.ts';

const HEADER = 'x-banyan-term';

/** What a leader says with everything it asks for. */
export function termHeader(term: number): Readonly<Record<string, string>> {
  return { [HEADER]: String(term) };
}

/**
 * Refuses what a leader of an earlier term asks for, once one of a later term has spoken: it may have slept meanwhile, and
 * be in the middle of a handover that was taken back. Whoever says no term is no leader, and goes on.
 */
export function refuseEarlierTerms(app: Express): void {
  let latest = 0;
  app.use((request, _, next) => {
    const term = Number(request.headers[HEADER] ?? latest);
    if (!(term >= latest))
      throw cutoverErrors.error('LEADER_DEPOSED', { message: `term ${term} is over: term ${latest} has spoken` });
    latest = term;
    next();
  });
}
