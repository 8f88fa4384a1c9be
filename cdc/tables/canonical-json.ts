/**
 * Whether two texts are the same JSON document: spacing and the order of an object's keys do not matter, every other
 * character does. Text that is no JSON is compared as it is.
 */
export function sameJson(a: string, b: string): boolean {
  if (a === b) return true;
  const [first, second] = [canonicalJson(a), canonicalJson(b)];
  return first !== undefined && first === second;
}

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;
type Parse = (text: string, reviver: Reviver) => unknown;

/** A number keeps its digits: read as a JavaScript number, two different ones could look alike. */
class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function canonicalJson(text: string): string | undefined {
  try {
    return write((JSON.parse as Parse)(text, keepDigits));
  } catch {
    return undefined;
  }
}

const keepDigits: Reviver = (_, value, { source }) =>
  typeof value === 'number' ? new Digits(plainNumber(source ?? String(value))) : value;

function write(value: unknown): string {
  if (value instanceof Digits) return value.text;
  if (Array.isArray(value)) return `[${value.map(write).join()}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, member]) => `${JSON.stringify(name)}:${write(member)}`).join()}}`;
}

/** 1.50, 1.5 and 15e-1 are one number; a server that parses JSON prints whichever it likes. */
function plainNumber(text: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  return `${sign}${kept}e${BigInt(power) - BigInt(fraction.length) + BigInt(digits.length - kept.length)}`;
}
