import { edgeErrors } from '../errors.ts';
import type { RateRule } from '../limit/rate-rule.ts';

/** One route of a unit, from its plan. `path` is a template: `/api/trips/{id}`. */
export interface Route {
  readonly unit: string;
  /** `api` moves with the unit; `dependent` stays on legacy but reads the unit's rows. */
  readonly kind: 'api' | 'dependent';
  readonly method: string;
  readonly path: string;
  readonly access: 'read' | 'write';
  readonly entity: string;
  /** Whoever cannot be identified is answered 401 by the edge. */
  readonly auth?: 'required' | undefined;
  /** For the whole answer; the edge's own limits when absent. */
  readonly deadlineMs?: number;
  /** Of a request's body; the edge's own limit when absent. */
  readonly maxBodyBytes?: number;
  /** How often it may be asked for, beside what holds for all routes. */
  readonly rates?: readonly RateRule[];
}

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  parameter: Node<T> | undefined;
  readonly byMethod: Map<string, T>;
}

/**
 * The compiled route table: a tree of whole segments. A literal wins over a parameter. One rule for all routes:
 * literals ignore case and a trailing slash is none, because missing a unit's route is worse than matching one that the
 * application would refuse; `/api/trips` never matches `/api/tripsx`. HEAD follows GET.
 */
export class RouteTable<T extends { readonly method: string; readonly path: string }> {
  readonly all: readonly T[];
  readonly #root: Node<T> = emptyNode();

  constructor(routes: readonly T[]) {
    this.all = routes;
    for (const route of routes) this.#add(route);
  }

  match(method: string, path: string): T | undefined {
    const end = path.endsWith('/') && !path.endsWith('//') ? path.length - 1 : path.length;
    return this.#find(this.#root, method, path, 1, end);
  }

  #find(node: Node<T>, method: string, path: string, from: number, end: number): T | undefined {
    if (from >= end) return node.byMethod.get(method) ?? (method === 'HEAD' ? node.byMethod.get('GET') : undefined);
    const slash = path.indexOf('/', from);
    const stop = slash < 0 || slash > end ? end : slash;
    if (stop === from) return undefined;
    const segment = path.slice(from, stop);
    const literal = node.literals.get(segment) ?? node.literals.get(segment.toLowerCase());
    const found = literal && this.#find(literal, method, path, stop + 1, end);
    return found ?? (node.parameter && this.#find(node.parameter, method, path, stop + 1, end));
  }

  #add(route: T): void {
    if (!/^\/[^?#]*$/.test(route.path) || route.path.includes('//'))
      throw invalid(route, 'not a path template such as /api/trips/{id}');
    let node = this.#root;
    for (const segment of route.path.split('/').filter((part) => part !== '')) node = step(node, segment, route);
    const method = route.method.toUpperCase();
    if (node.byMethod.has(method)) throw invalid(route, 'named twice');
    node.byMethod.set(method, route);
  }
}

function step<T extends { method: string; path: string }>(node: Node<T>, segment: string, route: T): Node<T> {
  if (/^\{[^{}]+\}$/.test(segment)) return (node.parameter ??= emptyNode());
  if (/[{}]/.test(segment)) throw invalid(route, 'a parameter that is not a whole segment');
  const key = segment.toLowerCase();
  const next = node.literals.get(key) ?? emptyNode<T>();
  node.literals.set(key, next);
  return next;
}

function emptyNode<T>(): Node<T> {
  return { literals: new Map(), parameter: undefined, byMethod: new Map() };
}

function invalid(route: { method: string; path: string }, what: string): Error {
  return edgeErrors.error('EDGE_ROUTES_INVALID', { message: `route ${route.method} ${route.path} is ${what}` });
}
