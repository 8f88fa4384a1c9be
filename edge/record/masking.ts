/** What may be kept as it is: `$.items[*].fare`, `query.limit`, `path.name`. */
export type KeptPlace = string;

const NAME = /^[A-Za-z_][\w-]{0,63}$/;
/** Numbers and UUIDs of a path: rows are found by them, persons are not. */
const ROW_ID = /^(\d{1,20}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
const PLAIN = /^(true|false|-?\d{1,6})$/;
const MAX_DEPTH = 64;

/**
 * Masks requests so that they keep their shape: each letter becomes x and each digit 1, so that a date stays a date and
 * an amount an amount. Names of members, true, false and null stay; so does what is named to be kept.
 */
export class Masking {
  readonly #kept: ReadonlySet<KeptPlace>;

  constructor(kept: readonly KeptPlace[]) {
    this.#kept = new Set(kept);
  }

  /** `template`: the route's path, whose parameters are masked unless they are ids of rows. */
  path(target: string, template: string): string {
    const [path = '', query] = target.split('?', 2);
    const names = template.split('/');
    const masked = path.split('/').map((segment, i) => this.#segment(segment, names[i] ?? '{}'));
    return query === undefined ? masked.join('/') : `${masked.join('/')}?${this.#query(query)}`;
  }

  /** JSON text; undefined for what is none. */
  body(body: Buffer): string | undefined {
    try {
      return JSON.stringify(this.#value(JSON.parse(body.toString('utf8')), '$', 0));
    } catch {
      return undefined;
    }
  }

  #segment(segment: string, name: string): string {
    if (!name.startsWith('{') || ROW_ID.test(segment) || this.#kept.has(`path.${name.slice(1, -1)}`)) return segment;
    return masked(segment);
  }

  #query(query: string): string {
    const pairs = [...new URLSearchParams(query)].map(([name, value]) => {
      const stays = PLAIN.test(value) || this.#kept.has(`query.${name}`);
      return [nameOf(name), stays ? value : masked(value)];
    });
    return new URLSearchParams(pairs).toString();
  }

  #value(value: unknown, place: string, depth: number): unknown {
    if (depth > MAX_DEPTH) return null;
    if (Array.isArray(value)) return value.map((one) => this.#value(one, `${place}[*]`, depth + 1));
    if (value !== null && typeof value === 'object') {
      const entries = Object.entries(value);
      return Object.fromEntries(
        entries.map(([name, one]) => [nameOf(name), this.#value(one, `${place}.${name}`, depth + 1)]),
      );
    }
    if (this.#kept.has(place) || value === null || typeof value === 'boolean') return value;
    return typeof value === 'number' ? maskedNumber(value) : masked(value as string);
  }
}

function nameOf(name: string): string {
  return NAME.test(name) ? name : masked(name);
}

function masked(text: string): string {
  // The T and Z of a point in time are no letters.
  const kept = /^\d{4}-\d\d-\d\dT[\dZ:.+-]*$/.test(text) ? text : text.replaceAll(/\p{L}|[^\p{ASCII}]/gu, 'x');
  return kept.replaceAll(/\d/g, '1');
}

function maskedNumber(value: number): number {
  const text = String(value).replaceAll(/\d/g, '1');
  return text.includes('e') ? 1 : Number(text);
}
