import type { Route } from './route-table.ts';

/** Which segment of the route's path names the entity, from 0; -1 when none does. Only routes of the unit itself say. */
export function entitySegment({ kind, path, id }: Pick<Route, 'kind' | 'path' | 'id'>): number {
  if (kind !== 'api') return -1;
  const segments = path.split('/').slice(1);
  return id === undefined ? segments.findLastIndex((segment) => segment.startsWith('{')) : segments.indexOf(`{${id}}`);
}

interface EntityRoute {
  readonly entity: string;
  readonly entityAt: number;
}

/** `<entity>/<id>` of a path that matched the route. Ids that differ in case only are one: marking too much is harmless. */
export function entityOf({ entity, entityAt }: EntityRoute, path: string): string | undefined {
  if (entityAt < 0) return undefined;
  let from = 1;
  for (let i = 0; i < entityAt; i++) from = path.indexOf('/', from) + 1;
  const end = path.indexOf('/', from);
  return `${entity}/${(end < 0 ? path.slice(from) : path.slice(from, end)).toLowerCase()}`;
}
