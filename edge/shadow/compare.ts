/** One place where two answers are not the same. Holds where and of what kind, never a value (invariant 10). */
export interface Difference {
  /** `status`, `body`, or a field path such as `$.trips[*].fare`. */
  readonly path: string;
  readonly control: string;
  readonly candidate: string;
}

/** An answer as the comparison needs it. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

const MOST = 5;

/** Compares status and body; JSON by value, key order aside, anything else byte by byte. The first few differences. */
export function compareAnswers(control: Answer, candidate: Answer): Difference[] {
  if (control.status !== candidate.status)
    return [{ path: 'status', control: String(control.status), candidate: String(candidate.status) }];
  if (control.body.equals(candidate.body)) return [];
  const [left, right] = [parse(control.body), parse(candidate.body)];
  if (left === undefined || right === undefined) return [{ path: 'body', control: kind(left), candidate: kind(right) }];
  const found: Difference[] = [];
  compareValues('$', left.value, right.value, found);
  return found;
}

function compareValues(path: string, control: unknown, candidate: unknown, found: Difference[]): void {
  if (found.length >= MOST || Object.is(control, candidate)) return;
  if (Array.isArray(control) && Array.isArray(candidate)) return compareLists(path, control, candidate, found);
  if (isObject(control) && isObject(candidate)) {
    for (const key of new Set([...Object.keys(control), ...Object.keys(candidate)]))
      compareValues(`${path}.${key}`, control[key], candidate[key], found);
    return;
  }
  found.push({ path, control: typeOf(control), candidate: typeOf(candidate) });
}

function compareLists(path: string, control: unknown[], candidate: unknown[], found: Difference[]): void {
  if (control.length !== candidate.length)
    found.push({ path: `${path}.length`, control: 'number', candidate: 'number' });
  const shared = Math.min(control.length, candidate.length);
  for (let i = 0; i < shared && found.length < MOST; i++) compareValues(`${path}[*]`, control[i], candidate[i], found);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}

function parse(body: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(body.toString('utf8')) as unknown };
  } catch {
    return undefined;
  }
}

function kind(parsed: { value: unknown } | undefined): string {
  return parsed === undefined ? 'not JSON' : typeOf(parsed.value);
}
