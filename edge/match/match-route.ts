import type { CompiledRoute } from '../decide/unit-gate.ts';
import { headerValue } from '../hygiene/header-value.ts';
import type { CleanRequest } from '../hygiene/cleanse.ts';
import type { RouteTable } from './route-table.ts';

/**
 * Second step of the journey: the route a request is for. `ambiguous` when a second reading of its path chooses another
 * one. A preflight follows the route of the method it announces: who answers that one knows what may be asked.
 */
export function matchRoute(
  routes: RouteTable<CompiledRoute>,
  method: string,
  clean: CleanRequest,
): CompiledRoute | 'ambiguous' | undefined {
  const route = matchPath(routes, method, clean.path, clean);
  if (clean.otherPath === undefined) return route;
  return matchPath(routes, method, clean.otherPath, clean) === route ? route : 'ambiguous';
}

function matchPath(
  routes: RouteTable<CompiledRoute>,
  method: string,
  path: string,
  { headers }: CleanRequest,
): CompiledRoute | undefined {
  const route = routes.match(method, path);
  if (method !== 'OPTIONS' || route) return route;
  const announced = headerValue(headers.list, 'access-control-request-method');
  return announced === undefined ? undefined : routes.match(announced, path);
}
