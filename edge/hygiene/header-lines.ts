import { withoutHeaders } from './header-rules.ts';
import { headerValue } from './header-value.ts';

/** A control character, or a carriage return that does not end a line. */
// oxlint-disable-next-line no-control-regex
export const UNSAFE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r[^\n]|\r$/;

/**
 * The header lines of one message, as they stand on the wire. They are cut into names and values only for who asks, and
 * put together only for who sends them: the common request passes as the one piece of text it came as.
 */
export class HeaderLines {
  #text: string | undefined;
  #list: readonly string[] | undefined;

  private constructor(text: string | undefined, list: readonly string[] | undefined) {
    this.#text = text;
    this.#list = list;
  }

  /** Lines that were read and found well-formed, each with its line end. */
  static ofText(text: string): HeaderLines {
    return new HeaderLines(text, undefined);
  }

  /** Names and values, flat. */
  static ofList(list: readonly string[]): HeaderLines {
    return new HeaderLines(undefined, list);
  }

  /** Each line with its line end. */
  get text(): string {
    return (this.#text ??= join(this.#list ?? []));
  }

  /** Names and values, flat, in order. */
  get list(): readonly string[] {
    return (this.#list ??= cut(this.#text ?? ''));
  }

  /** The value of the first of that name, in lower case, or undefined. Cuts nothing. */
  value(name: string): string | undefined {
    return this.#list ? headerValue(this.#list, name) : valueInText(this.#text ?? '', name);
  }

  /** These, the values of one name (in lower case) put in another way. */
  replaced(name: string, change: (value: string) => string): HeaderLines {
    if (this.value(name) === undefined) return this;
    const list: string[] = [];
    for (let i = 0; i < this.list.length; i += 2) {
      const [given = '', value = ''] = [this.list[i], this.list[i + 1]];
      const isNamed = given.length === name.length && given.toLowerCase() === name;
      list.push(given, isNamed ? change(value) : value);
    }
    return HeaderLines.ofList(list);
  }

  /** These but those of the given names, in lower case. */
  without(names: readonly string[]): HeaderLines {
    return HeaderLines.ofList(withoutHeaders(this.list, names));
  }

  /** These and one more behind them. */
  and(name: string, value: string): HeaderLines {
    if (this.#text === undefined) return HeaderLines.ofList([...this.list, name, value]);
    return HeaderLines.ofText(`${this.#text}${name}: ${value}\r\n`);
  }

  /** These and the given lines behind them, each with its line end. */
  andText(lines: string): HeaderLines {
    return HeaderLines.ofText(this.text + lines);
  }
}

function valueInText(text: string, name: string): string | undefined {
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\r\n', start);
    const colon = start + name.length;
    if (text.charCodeAt(colon) === 58 && text.slice(start, colon).toLowerCase() === name)
      return trimmed(text, colon + 1, end);
    start = end + 2;
  }
  return undefined;
}

function join(list: readonly string[]): string {
  let text = '';
  for (let i = 0; i < list.length; i += 2) text += `${list[i]}: ${list[i + 1]}\r\n`;
  return text;
}

function cut(text: string): string[] {
  const list: string[] = [];
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\r\n', start);
    const colon = text.indexOf(':', start);
    list.push(text.slice(start, colon), trimmed(text, colon + 1, end));
    start = end + 2;
  }
  return list;
}

/** The value without the optional white space around it. */
export function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
