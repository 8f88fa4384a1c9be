import type { OriginReferences } from './origin-references.ts';

/** How a target's cookies become cookies of the public address. */
export interface CookieRules {
  /** Domain as the target says it, without a leading dot, to the public one; empty for the host alone. */
  readonly domains: ReadonlyMap<string, string>;
  /** Path as the target says it to the public one. */
  readonly paths: ReadonlyMap<string, string>;
}

/** The name of the cookie a `Set-Cookie` line is about. */
export function nameOfCookie(line: string): string {
  return line.slice(0, Math.max(0, line.indexOf('='))).trim();
}

/**
 * The line with its Domain and Path moved; undefined when nothing of it has to be. A Domain that is the target's own host
 * is left out, so that the cookie belongs to the host the client knows.
 */
export function movedCookie(line: string, rules: CookieRules, references: OriginReferences): string | undefined {
  const [pair = '', ...attributes] = line.split(';');
  const moved = attributes.map((attribute) => movedAttribute(attribute, rules, references));
  if (moved.every((attribute, i) => attribute === attributes[i])) return undefined;
  return [pair, ...moved.filter((attribute) => attribute !== undefined)].join(';');
}

function movedAttribute(attribute: string, rules: CookieRules, references: OriginReferences): string | undefined {
  const [, name = '', value = ''] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/.exec(attribute) ?? [];
  if (name.toLowerCase() === 'domain') return movedDomain(attribute, value, rules, references);
  return name.toLowerCase() === 'path' ? movedPath(attribute, value, rules) : attribute;
}

/** Cookies know no ports: one written into a domain is not looked at. */
function movedDomain(
  attribute: string,
  value: string,
  { domains }: CookieRules,
  references: OriginReferences,
): string | undefined {
  const domain = value.replace(/^\./, '').replace(/:\d+$/, '').toLowerCase();
  const known = domains.get(domain);
  if (known !== undefined) return known === '' ? undefined : ` Domain=${known}`;
  return references.hasHost(domain) ? undefined : attribute;
}

/** The longest prefix of whole segments counts. */
function movedPath(attribute: string, value: string, { paths }: CookieRules): string {
  const fitting = [...paths].filter(([from]) => isBelow(value, from)).toSorted(([a], [b]) => b.length - a.length);
  const [from, to] = fitting[0] ?? [];
  if (from === undefined || to === undefined) return attribute;
  const rest = value.slice(withoutSlash(from).length);
  return ` Path=${withoutSlash(to)}${rest}` === ' Path=' ? ' Path=/' : ` Path=${withoutSlash(to)}${rest}`;
}

function isBelow(path: string, from: string): boolean {
  const prefix = withoutSlash(from);
  return path === prefix || path.startsWith(`${prefix}/`);
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
