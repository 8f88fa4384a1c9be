import { MarkupReader, type MarkupSink } from './markup-tokens.ts';

type Attributes = readonly (readonly [name: string, value: string])[];

interface Element {
  readonly name: string;
  readonly attributes: Attributes;
  readonly children: Element[];
  text: string;
}

const VOID = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));
/** An element of these ends the open one of its own name, which HTML lets people leave open. */
const SELF_CLOSING = new Set('p li dt dd tr td th option'.split(' '));
const MOST_DEPTH = 100;

/**
 * HTML or XML as a tree in JSON, for the same comparison and the same rules: `$.html[*].body[*].li[*].@class`. Children
 * are lists by their name; `#order` says how the names follow each other, `#text` holds the texts. White space, comments
 * and the order of attributes are nothing. HTML is read whatever it is; undefined when XML is not well-formed.
 */
export function markupTree(text: string, isHtml: boolean): Buffer | undefined {
  const builder = new TreeBuilder(isHtml);
  new MarkupReader(text, isHtml, builder).read();
  const { root, isWellFormed } = builder;
  return isHtml || isWellFormed ? Buffer.from(written(root)) : undefined;
}

class TreeBuilder implements MarkupSink {
  readonly root = elementOf('', []);
  readonly #isHtml: boolean;
  readonly #open: Element[] = [this.root];
  #hasFault = false;

  constructor(isHtml: boolean) {
    this.#isHtml = isHtml;
  }

  get isWellFormed(): boolean {
    return !this.#hasFault && this.#open.length === 1 && this.root.children.length === 1;
  }

  /** What is nested too deep stands beside instead of inside. */
  open(name: string, attributes: Attributes, isEmpty: boolean): void {
    const open = this.#open;
    if (this.#isHtml && SELF_CLOSING.has(name) && open.at(-1)?.name === name) open.pop();
    const element = elementOf(name, attributes);
    open.at(-1)?.children.push(element);
    if (!isEmpty && !(this.#isHtml && VOID.has(name)) && open.length <= MOST_DEPTH) open.push(element);
  }

  /** In HTML an end without a beginning is nothing, and one further out ends what is inside. */
  close(name: string): void {
    const open = this.#open;
    const at = open.findLastIndex((element, depth) => depth > 0 && element.name === name);
    if (at < 0 || at !== open.length - 1) this.#hasFault = true;
    if (at > 0) open.length = at;
  }

  text(text: string): void {
    const parent = this.#open.at(-1);
    if (parent) parent.text = parent.text === '' ? text : `${parent.text} ${text}`;
  }

  fault(): void {
    this.#hasFault = true;
  }
}

function elementOf(name: string, attributes: Attributes): Element {
  return { name, attributes, children: [], text: '' };
}

function written({ attributes, children, text }: Element): string {
  const members = attributes.map(([name, value]) => `${JSON.stringify(`@${name}`)}:${JSON.stringify(value)}`);
  const plain = text.trim().replaceAll(/\s+/g, ' ');
  if (plain !== '') members.push(`"#text":${JSON.stringify(plain)}`);
  return `{${[...members, ...writtenChildren(children)].join(',')}}`;
}

/** Always lists: one more of its kind is another length, not another type. */
function writtenChildren(children: readonly Element[]): string[] {
  if (children.length === 0) return [];
  const byName = Map.groupBy(children, ({ name }) => name);
  const lists = [...byName].map(([name, same]) => `${JSON.stringify(name)}:[${same.map(written).join(',')}]`);
  return byName.size > 1 ? [`"#order":${JSON.stringify(orderOf(children))}`, ...lists] : lists;
}

function orderOf(children: readonly Element[]): string {
  const names = children.map(({ name }) => name);
  return names.filter((name, i) => name !== names[i - 1]).join(' ');
}
