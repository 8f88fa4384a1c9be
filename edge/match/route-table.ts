import { edgeErrors } from '../errors.ts';
import type { RateRule } from '../limit/rate-rule.ts';
import type { WriteShadow } from '../shadow-writes/contract.ts';

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
  /** The parameter of the path that names the entity; the last one when absent. */
  readonly id?: string;
  /** What the service is asked about each write that legacy took. */
  readonly shadow?: WriteShadow | undefined;
  /** Where legacy's answer says which row was made: `$.id`. */
  readonly created?: string;
  /** How long the application goes on writing after it has answered. */
  readonly settleMs?: number;
  /** For the whole answer; the edge's own limits when absent. */
  readonly deadlineMs?: number;
  /** Of a request's body; the edge's own limit when absent. */
  readonly maxBodyBytes?: number;
  /** How often it may be asked for, beside what holds for all routes. */
  readonly rates?: readonly RateRule[];
}

/** What is known behind a path. One object with the common methods in it: with thousands of routes each hop to another one counts. */
class Node<T> {
  literals: Map<string, Node<T>> | undefined = undefined;
  parameter: Node<T> | undefined = undefined;
  get: T | undefined = undefined;
  post: T | undefined = undefined;
  others: Map<string, T> | undefined = undefined;

  of(method: string): T | undefined {
    if (method === 'GET') return this.get;
    if (method === 'POST') return this.post;
    return this.others?.get(method) ?? (method === 'HEAD' ? this.get : undefined);
  }

  /** False when there is one already. */
  put(method: string, route: T): boolean {
    if (method === 'GET') return this.get === undefined && ((this.get = route), true);
    if (method === 'POST') return this.post === undefined && ((this.post = route), true);
    if (this.others?.has(method)) return false;
    (this.others ??= new Map()).set(method, route);
    return true;
  }
}

/**
 * The compiled route table: a tree of whole segments. A literal wins over a parameter. One rule for all routes:
 * literals ignore case and a trailing slash is none, because missing a unit's route is worse than matching one that the
 * application would refuse; `/api/trips` never matches `/api/tripsx`. HEAD follows GET. A path that is known with another
 * method only is not known.
 */
export class RouteTable<T extends { readonly method: string; readonly path: string }> {
  readonly all: readonly T[];
  readonly #root = new Node<T>();

  constructor(routes: readonly T[]) {
    this.all = routes;
    for (const route of routes) this.#add(route);
  }

  match(method: string, path: string): T | undefined {
    const end = path.endsWith('/') && !path.endsWith('//') ? path.length - 1 : path.length;
    return this.#find(this.#root, method, path, 1, end);
  }

  #find(node: Node<T>, method: string, path: string, from: number, end: number): T | undefined {
    if (from >= end) return node.of(method);
    const slash = path.indexOf('/', from);
    const stop = slash < 0 || slash > end ? end : slash;
    if (stop === from) return undefined;
    const literal = node.literals && literalOf(node.literals, path.slice(from, stop));
    const found = literal && this.#find(literal, method, path, stop + 1, end);
    return found ?? (node.parameter && this.#find(node.parameter, method, path, stop + 1, end));
  }

  #add(route: T): void {
    if (!/^\/[^?#]*$/.test(route.path) || route.path.includes('//'))
      throw invalid(route, 'not a path template such as /api/trips/{id}');
    let node = this.#root;
    for (const segment of route.path.split('/').filter((part) => part !== '')) node = step(node, segment, route);
    const method = route.method.toUpperCase();
    if (!node.put(method, route)) throw invalid(route, 'named twice');
  }
}

/** Most clients write a path as the plan does. */
function literalOf<T>(literals: Map<string, Node<T>>, segment: string): Node<T> | undefined {
  return literals.get(segment) ?? literals.get(segment.toLowerCase());
}

function step<T extends { method: string; path: string }>(node: Node<T>, segment: string, route: T): Node<T> {
  if (/^\{[^{}]+\}$/.test(segment)) return (node.parameter ??= new Node());
  if (/[{}]/.test(segment)) throw invalid(route, 'a parameter that is not a whole segment');
  const key = segment.toLowerCase();
  const literals = (node.literals ??= new Map());
  const next = literals.get(key) ?? new Node<T>();
  literals.set(key, next);
  return next;
}

function invalid(route: { method: string; path: string }, what: string): Error {
  return edgeErrors.error('EDGE_ROUTES_INVALID', { message: `route ${route.method} ${route.path} is ${what}` });
}
