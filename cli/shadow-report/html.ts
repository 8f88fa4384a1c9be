/** A piece of a page. What comes from outside is escaped when it is put in. */
export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | readonly Html[];

export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return {
    markup: texts.reduce((all, text, i) => all + text + (i < parts.length ? markupOf(parts[i] ?? '') : ''), ''),
  };
}

/** Text that is markup already; of our own making only. */
export function raw(markup: string): Html {
  return { markup };
}

function markupOf(part: Part): string {
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escaped(part);
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('');
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
