import { HeaderLines } from '../hygiene/header-lines.ts';
import type { SubjectOptions } from './subject-options.ts';

/**
 * Headers of answers that depend on who asks. Legacy's answer and the service's may differ in everything, validators
 * included: no cache that serves many may keep one for whoever would get the other.
 */
export function splitHeaders({ ways }: SubjectOptions): HeaderLines {
  const carriers = ways.map((way) => {
    if (way.way === 'api-key') return way.header;
    return way.way === 'jwt' && way.cookie === undefined ? 'Authorization' : 'Cookie';
  });
  const names = [...new Set(['Cookie', ...carriers])].join(', ');
  return HeaderLines.ofText(`Vary: ${names}\r\nCache-Control: private\r\n`);
}
