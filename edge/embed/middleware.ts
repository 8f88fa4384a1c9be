import type { IncomingMessage, ServerResponse } from 'node:http';

/** What becomes of requests that are for no route of a plan: they pass to what comes after the edge, or go to legacy. */
export type Unmatched = 'next' | 'legacy';

/** A step of Express, Connect, or of whoever else passes requests on. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** A request that other middleware may have had its hands on. */
export type MountedRequest = IncomingMessage & { readonly originalUrl?: string; readonly body?: unknown };

/** True when somebody has read the body: nothing is left to forward, and the target would wait for it. */
export function isBodyRead(request: MountedRequest): boolean {
  return request.readableDidRead || request.body !== undefined;
}

/**
 * Gives the request the address it came with for as long as `act` takes; whoever has mounted the edge below a path has
 * cut that path off.
 */
export function withOriginalUrl(request: MountedRequest, act: () => void): void {
  const { url, originalUrl } = request;
  if (originalUrl !== undefined) request.url = originalUrl;
  act();
  if (url !== undefined) request.url = url;
}
