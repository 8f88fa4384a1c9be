import { FORGED } from './plain-draft.ts';
import { valuesOf } from './strict-message.ts';
import type { StrictRequest } from './strict-request.ts';

/** Names of what is said of a client, as applications read them. */
const CLAIM = /^(?:forwarded|x[^0-9a-z](?:(?:user|banyan|forwarded)[^0-9a-z].*|real[^0-9a-z]ip))$/;

/** What a request still has that no target may be told by a client. */
export function problemsOfCleansing({ method, target, fields, trailers }: StrictRequest): string[] {
  const what = `${method} ${target.slice(0, 200)}`;
  const forged = fields.filter(([name, value]) => value === FORGED && CLAIM.test(name));
  return [
    ...forged.map(([name]) => `${what}: ${name} was told by the client`),
    ...(valuesOf(fields, 'x-banyan-edge').length === 1 ? [] : [`${what}: did not go through the edge's hygiene`]),
    ...(trailers.length > 0 ? [`${what}: has trailers`] : []),
  ];
}
