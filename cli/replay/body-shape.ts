import type { Answer } from '../../edge/index.ts';

/** The body of an answer when it is JSON; undefined otherwise. */
export function jsonBody({ headers, body }: Answer): { readonly value: unknown } | undefined {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === 'content-type');
  if (at < 0 || !/[/+]json\b/i.test(headers[at + 1] ?? '')) return undefined;
  try {
    return { value: JSON.parse(body.toString('utf8')) };
  } catch {
    return undefined;
  }
}

/** The same shape without what it says: texts, numbers and truths are examples of their type, of a list one element stays. */
export function exampleOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(exampleOf);
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, exampleOf(one)]));
  if (typeof value === 'string') return 'text';
  return typeof value === 'number' ? 1 : value === null ? null : true;
}
