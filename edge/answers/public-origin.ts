import { headerValue } from '../hygiene/header-value.ts';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** Where the client thinks it is, by what its target is told of it: scheme, host, and the port where it is not the usual. */
export function publicOrigin(headers: readonly string[]): string {
  const scheme = first(headers, 'x-forwarded-proto') ?? 'http';
  const host = first(headers, 'x-forwarded-host') ?? '';
  const port = first(headers, 'x-forwarded-port');
  const isPlain = port === undefined || port === DEFAULT_PORTS[scheme] || /:\d+$/.test(host);
  return `${scheme}://${host}${isPlain ? '' : `:${port}`}`;
}

/** Of a list that several hops have written, what the first one said. */
function first(headers: readonly string[], name: string): string | undefined {
  return headerValue(headers, name)?.split(',')[0]?.trim();
}
