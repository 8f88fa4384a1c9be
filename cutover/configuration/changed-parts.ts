import type { Declaration } from './declaration.ts';

/** Where two declarations differ, as places and not as values: `trips: service.url`, `trips: apis.GET /api/trips`. */
export function changedParts(before: Declaration, after: Declaration): string[] {
  const [was, is] = [partsOf(before), partsOf(after)];
  const places = new Set([...was.keys(), ...is.keys()]);
  return [...places].filter((place) => was.get(place) !== is.get(place)).toSorted();
}

function partsOf({ units, edge }: Declaration): Map<string, string> {
  const parts = new Map<string, string>();
  for (const { plan } of units) collect(`${plan.unit}: `, plan, parts);
  collect('edge: ', edge, parts);
  return parts;
}

/** Lists are told apart by method and path where their members have them, by their place elsewhere. */
function collect(place: string, node: unknown, parts: Map<string, string>): void {
  if (node === null || typeof node !== 'object') return void parts.set(place, JSON.stringify(node) ?? '');
  const isTop = place.endsWith(': ');
  for (const [key, value] of Object.entries(node)) {
    const name = Array.isArray(node) ? nameOf(value, key) : key;
    collect(isTop ? `${place}${name}` : `${place}.${name}`, value, parts);
  }
}

function nameOf(value: unknown, index: string): string {
  const { method, path } = (value ?? {}) as { method?: unknown; path?: unknown };
  return typeof method === 'string' && typeof path === 'string' ? `${method} ${path}` : index;
}
