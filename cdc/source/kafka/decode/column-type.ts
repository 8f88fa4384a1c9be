import type { ColumnInfo } from '../../../tables/catalogue.ts';

/** What a column's definition says about its values beyond their kind. */
export interface ColumnType {
  /** Such as `datetime`. */
  readonly base: string;
  /** Numbers in parentheses: length, precision and scale, or digits of a fraction. */
  readonly sizes: readonly number[];
  readonly isUnsigned: boolean;
  /** Members of an ENUM or SET. */
  readonly members: readonly string[];
}

export function columnType({ type, kind }: ColumnInfo): ColumnType {
  const [, base = '', inside = ''] = /^(\w+)(?:\((.*)\))?/is.exec(type) ?? [];
  const isChoice = kind === 'choice';
  return {
    base: base.toLowerCase(),
    sizes: isChoice ? [] : inside.split(',').filter(Boolean).map(Number),
    isUnsigned: /\b(unsigned|zerofill)\b/i.test(type) && !isChoice,
    members: isChoice ? membersOf(inside) : [],
  };
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', '0': '\0' };

/** `'a','it''s','back\\slash'` as the catalogue writes it. */
function membersOf(list: string): string[] {
  return [...list.matchAll(/'((?:[^']|'')*)'/gs)].map(([, member = '']) =>
    member.replaceAll(/''|\\(.)/gs, (_, escaped: string | undefined) =>
      escaped === undefined ? "'" : (escapes[escaped] ?? escaped),
    ),
  );
}
