export type MarkupToken =
  | {
      readonly kind: 'open';
      readonly name: string;
      readonly attributes: Readonly<Record<string, string>>;
      readonly isEmpty: boolean;
    }
  | { readonly kind: 'close'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }
  /** What no markup is; HTML reads on as text. */
  | { readonly kind: 'fault' };

/** Their text ends only at their own end. */
const RAW = new Set(['script', 'style', 'textarea', 'title']);

const TAG = /<(\/?)([A-Za-z_][^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*?)(\/?)>/y;
const SKIPPED = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!(?!\[CDATA\[)[^>]*>/y;
const CDATA = /<!\[CDATA\[([\s\S]*?)\]\]>/y;
const ATTRIBUTE = /([^\s=/"'<>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;

/** Tags and texts one after the other; comments, declarations and instructions are passed over. */
export function* readMarkup(text: string, isHtml: boolean): Generator<MarkupToken> {
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf('<', at);
    if (next !== at) yield { kind: 'text', text: plain(text.slice(at, next < 0 ? undefined : next)) };
    if (next < 0) return;
    at = next;
    const skipped = matchAt(SKIPPED, text, at);
    const data = skipped ? undefined : matchAt(CDATA, text, at);
    const tag = skipped || data ? undefined : matchAt(TAG, text, at);
    if (data) yield { kind: 'text', text: data[1] ?? '' };
    if (tag) yield tokenOf(tag, isHtml);
    const found = skipped ?? data ?? tag;
    if (!found) yield* [{ kind: 'fault' }, { kind: 'text', text: '<' }] as const;
    at += found ? found[0].length : 1;
    const end = tag && isHtml ? rawEnd(text, at, tag) : at;
    if (end > at) yield { kind: 'text', text: text.slice(at, end) };
    at = end;
  }
}

function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | undefined {
  expression.lastIndex = at;
  return expression.exec(text) ?? undefined;
}

function tokenOf([, slash, given = '', rest = '', empty]: RegExpExecArray, isHtml: boolean): MarkupToken {
  const name = isHtml ? given.toLowerCase() : given;
  if (slash) return { kind: 'close', name };
  const found = [...rest.matchAll(ATTRIBUTE)].map(([, key = '', double, single, bare]): [string, string] => [
    isHtml ? key.toLowerCase() : key,
    plain(double ?? single ?? bare ?? ''),
  ]);
  const attributes = Object.fromEntries(found.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { kind: 'open', name, attributes, isEmpty: empty === '/' };
}

/** Where the text of a script ends; the place itself for every other tag. */
function rawEnd(text: string, at: number, [, slash, name = '', , empty]: RegExpExecArray): number {
  if (slash || empty || !RAW.has(name.toLowerCase())) return at;
  const end = text.toLowerCase().indexOf(`</${name.toLowerCase()}`, at);
  return end < 0 ? text.length : end;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

/** Without references: `&amp;` and `&#38;` are the same. Names that only HTML knows stay as they are. */
function plain(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{1,8}));/gi, (whole, decimal, hex, name: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = Number.parseInt((decimal ?? hex) as string, decimal === undefined ? 16 : 10);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
