import { problems, type EdgeProblem } from '../problem.ts';
import type { SubjectOptions, WayOptions } from './subject-options.ts';

const REALM = 'realm="banyan"';

/** Who cannot be identified on a route that wants it is told how to say who they are; RFC 9110 wants a challenge. */
export function unidentifiedProblem({ ways }: SubjectOptions): EdgeProblem {
  return { ...problems.unidentified, challenge: [...new Set(ways.map(challengeOf))].join(', ') };
}

/** Only Bearer is a registered scheme; the others say where the edge looks. */
function challengeOf(way: WayOptions): string {
  if (way.way === 'api-key') return `ApiKey ${REALM}, header="${way.header}"`;
  return way.cookie === undefined ? `Bearer ${REALM}` : `Cookie ${REALM}, cookie-name="${way.cookie}"`;
}
