/** A step of a rule's path: a named member, any member, any element, or any depth. */
export type Step = { readonly name: string } | 'any' | 'each' | 'deep';

const STEP = /\.\.|\.(\*|\{key\})|\[\*\]|\.?([^.[\]*{}"]+)|\["((?:[^"\\]|\\.)*)"\]/y;

/** The steps of `$.items[*].price`; undefined when it is not such a path. */
export function parseFieldPath(path: string): readonly Step[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const steps: Step[] = [];
  let at = 1;
  while (at < path.length) {
    STEP.lastIndex = at;
    const found = STEP.exec(path);
    if (!found || (path[at] !== '.' && path[at] !== '[' && steps.at(-1) !== 'deep')) return undefined;
    steps.push(stepOf(found));
    at = STEP.lastIndex;
  }
  return steps.at(-1) === 'deep' ? undefined : steps;
}

function stepOf([text, any, name, quoted]: RegExpExecArray): Step {
  if (text === '..') return 'deep';
  if (text === '[*]') return 'each';
  if (any !== undefined) return 'any';
  return { name: name ?? (JSON.parse(`"${quoted ?? ''}"`) as string) };
}

/** One or more digits, a UUID, a ULID, a long hexadecimal, a prefixed number, a date. */
const ID =
  /^(\d+|[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|[0-9A-HJKMNP-TV-Z]{26}|(?=.*\d)[0-9a-f]{12,}|[A-Za-z]+[-_:]\d{3,}|\d{4}-\d\d(-\d\d.*)?)$/i;

const NAME = /^[\p{L}_$#@][\p{L}\p{N}_$#:-]{0,63}$/u;

/**
 * How a member is named in a path. A key that is itself data (an id, a date, an address, anything that is no plain name)
 * is `{key}`: it would make a path of its own for each row, and may be personal.
 */
export function segmentOf(key: string, isMap = false): string {
  if (isMap) return ANY_KEY;
  const known = segments.get(key);
  if (known !== undefined) return known;
  const segment = NAME.test(key) && !ID.test(key) ? `.${key}` : ANY_KEY;
  if (segments.size < KNOWN_SEGMENTS && key.length <= KNOWN_LENGTH) segments.set(key, segment);
  return segment;
}

const ANY_KEY = '.{key}';
const KNOWN_SEGMENTS = 5000;
const KNOWN_LENGTH = 64;
/** Finding out takes longer than remembering. */
const segments = new Map<string, string>();

export const EACH = '[*]';
