import { readMarkup, type MarkupToken } from './markup-tokens.ts';

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  readonly texts: string[];
}

const VOID = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));
/** An element of these ends the open one of its own name, which HTML lets people leave open. */
const SELF_CLOSING = new Set('p li dt dd tr td th option'.split(' '));
const MOST_DEPTH = 100;

/**
 * HTML or XML as a tree in JSON, for the same comparison and the same rules: `$.html.body.ul.li[*].@class`. Children are
 * lists by their name; `#order` says how the names follow each other, `#text` holds the texts. White space, comments
 * and the order of attributes are nothing. Undefined when XML is not well-formed, or anything is too deep.
 */
export function markupTree(text: string, isHtml: boolean): Buffer | undefined {
  const root: Element = { name: '', attributes: {}, children: [], texts: [] };
  const open: Element[] = [root];
  for (const token of readMarkup(text, isHtml)) {
    if (token.kind === 'fault' && !isHtml) return undefined;
    if (!take(token, open, isHtml) || open.length > MOST_DEPTH) return undefined;
  }
  const isWhole = isHtml || (open.length === 1 && root.children.length === 1);
  return isWhole ? Buffer.from(JSON.stringify(toTree(root))) : undefined;
}

/** False where XML is not well-formed. */
function take(token: MarkupToken, open: Element[], isHtml: boolean): boolean {
  const parent = open.at(-1);
  if (!parent) return false;
  if (token.kind === 'text') parent.texts.push(token.text);
  else if (token.kind === 'close') return close(token.name, open, isHtml);
  else if (token.kind === 'open') enter(token, open, isHtml);
  return true;
}

function enter(
  { name, attributes, isEmpty }: Extract<MarkupToken, { kind: 'open' }>,
  open: Element[],
  isHtml: boolean,
): void {
  if (isHtml && SELF_CLOSING.has(name) && open.at(-1)?.name === name) open.pop();
  const element: Element = { name, attributes, children: [], texts: [] };
  open.at(-1)?.children.push(element);
  if (!isEmpty && !(isHtml && VOID.has(name))) open.push(element);
}

/** In HTML an end without a beginning is nothing, and one further out ends what is inside. */
function close(name: string, open: Element[], isHtml: boolean): boolean {
  const at = open.findLastIndex((element, depth) => depth > 0 && element.name === name);
  if (!isHtml && at !== open.length - 1) return false;
  if (at > 0) open.length = at;
  return true;
}

function toTree({ attributes, children, texts }: Element): unknown {
  const byName = Map.groupBy(children, ({ name }) => name);
  const text = texts.join(' ').trim().replaceAll(/\s+/g, ' ');
  const order = children.map(({ name }) => name).filter((name, i, names) => name !== names[i - 1]);
  return {
    ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`@${name}`, value])),
    ...(byName.size > 1 && { '#order': order.join(' ') }),
    ...(text !== '' && { '#text': text }),
    ...Object.fromEntries([...byName].map(([name, same]) => [name, treesOf(same)])),
  };
}

/** Always a list: one more of its kind is another length, not another type. */
function treesOf(same: readonly Element[]): unknown[] {
  return same.map((element) => toTree(element));
}
