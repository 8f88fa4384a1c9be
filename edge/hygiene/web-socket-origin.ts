import type { IncomingHttpHeaders } from 'node:http';

/**
 * True for a WebSocket that a page of another site opens: its browser sends the user's cookies along, and nothing else
 * keeps the page from reading the answers. A client without an Origin is no browser.
 */
export function isForeign({ origin, host }: IncomingHttpHeaders, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes(origin)) return false;
  return !(allowed.includes('same') && URL.canParse(origin) && new URL(origin).host === host?.toLowerCase());
}
