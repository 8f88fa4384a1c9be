/** Hears what a text of markup is made of, in order. */
export interface MarkupSink {
  /** Attributes by name, in the order of their names. */
  open(name: string, attributes: readonly (readonly [string, string])[], isEmpty: boolean): void;
  close(name: string): void;
  text(text: string): void;
  /** What no markup is. HTML reads on behind it. */
  fault(): void;
}

/** Their text ends only at their own end. */
const RAW = new Set(['script', 'style', 'textarea', 'title']);

/** What is passed over, and where it ends. */
const SKIPPED = [
  ['<!--', '-->'],
  ['<?', '?>'],
  ['<!', '>'],
] as const;
const DATA = ['<![CDATA[', ']]>'] as const;

interface Tag {
  readonly name: string;
  readonly isClose: boolean;
  readonly isEmpty: boolean;
  readonly attributes: string;
}

/**
 * Reads tags and texts one after the other, each character once: what never ends is the rest of the text, and is not
 * looked for again behind the next `<`. Comments, declarations and instructions are passed over.
 */
export class MarkupReader {
  readonly #text: string;
  readonly #isHtml: boolean;
  readonly #lower: string;
  readonly #sink: MarkupSink;
  #at = 0;

  constructor(text: string, isHtml: boolean, sink: MarkupSink) {
    this.#text = text;
    this.#isHtml = isHtml;
    this.#lower = isHtml ? text.toLowerCase() : text;
    this.#sink = sink;
  }

  read(): void {
    while (this.#at < this.#text.length) {
      const next = this.#text.indexOf('<', this.#at);
      const end = next < 0 ? this.#text.length : next;
      if (end > this.#at) this.#sink.text(plain(this.#text.slice(this.#at, end)));
      this.#at = end;
      if (next >= 0) this.#markup();
    }
  }

  #markup(): void {
    const after = this.#text[this.#at + 1];
    if (after === '!' || after === '?') return this.#skip();
    const tag = this.#tag();
    if (!tag) return this.#strayBracket();
    if (tag.isClose) return this.#sink.close(tag.name);
    this.#sink.open(tag.name, this.#attributesIn(tag.attributes), tag.isEmpty);
    if (this.#isHtml && !tag.isEmpty && RAW.has(tag.name)) this.#rawText(tag.name);
  }

  #skip(): void {
    const data = this.#between(...DATA);
    if (data !== undefined) return this.#sink.text(data);
    SKIPPED.some(([from, to]) => this.#between(from, to) !== undefined);
  }

  /** What is between the two, if it begins here; all the rest where it never ends. */
  #between(from: string, to: string): string | undefined {
    if (!this.#text.startsWith(from, this.#at)) return undefined;
    const start = this.#at + from.length;
    const end = this.#text.indexOf(to, start);
    this.#at = end < 0 ? this.#text.length : end + to.length;
    return this.#text.slice(start, end < 0 ? undefined : end);
  }

  #strayBracket(): void {
    this.#at++;
    this.#sink.fault();
    this.#sink.text('<');
  }

  /** The tag that begins here. Without an end it goes to the end of the text. */
  #tag(): Tag | undefined {
    NAME.lastIndex = this.#at;
    const found = NAME.exec(this.#text);
    if (!found) return undefined;
    const [begin, slash, name = ''] = found;
    const from = this.#at + begin.length;
    const end = tagEnd(this.#text, from);
    const isEmpty = this.#text[end - 1] === '/' && end > from;
    this.#at = Math.min(end + 1, this.#text.length);
    const attributes = this.#text.slice(from, isEmpty ? end - 1 : end);
    return { name: this.#isHtml ? name.toLowerCase() : name, isClose: slash === '/', isEmpty, attributes };
  }

  #attributesIn(text: string): [string, string][] {
    if (text === '') return [];
    const found = [...text.matchAll(ATTRIBUTE)].map(([, key = '', double, single, bare]): [string, string] => [
      this.#isHtml ? key.toLowerCase() : key,
      plain(double ?? single ?? bare ?? ''),
    ]);
    return found.length < 2 ? found : found.toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  #rawText(name: string): void {
    const found = this.#lower.indexOf(`</${name}`, this.#at);
    const end = found < 0 ? this.#text.length : found;
    if (end > this.#at) this.#sink.text(this.#text.slice(this.#at, end));
    this.#at = end;
  }
}

const NAME = /<(\/?)([A-Za-z_][^\s/><]{0,100})/y;
const ATTRIBUTE = /([^\s=/"'<>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;

/** Where the `>` is that is in no quotes; the end of the text when there is none. */
function tagEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const character = text[at];
    if (character === '>') return at;
    const isQuote = character === '"' || character === "'";
    const end = isQuote ? text.indexOf(character, at + 1) : at;
    if (end < 0) return text.length;
    at = end + 1;
  }
  return at;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
};

/** Without references: `&amp;` and `&#38;` are the same. Names that only HTML knows stay as they are. */
function plain(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{1,8}));/gi, (whole, decimal, hex, name: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = Number.parseInt((decimal ?? hex) as string, decimal === undefined ? 16 : 10);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
