/**
 * One SQL statement, as far as containment has to understand it. `refused`: it could end the transaction or reach beyond
 * it. `unseen`: it may run, and what it changes cannot be told.
 */
export type Statement =
  | { readonly kind: 'read' }
  | { readonly kind: 'refused'; readonly words: string }
  | { readonly kind: 'unseen'; readonly words: string }
  /** `head`: the statement without its RETURNING. */
  | {
      readonly kind: 'insert';
      readonly table: string;
      readonly head: string;
      readonly returns: boolean;
      readonly mayReplace: boolean;
    }
  /** `rest`: everything from WHERE (or ORDER BY, LIMIT) on; `skips`: placeholders in front of it. */
  | {
      readonly kind: 'update' | 'delete';
      readonly table: string;
      readonly rest: string;
      readonly skips: number;
      readonly returns: boolean;
    };

/** A word outside strings, names, comments and parentheses. */
interface Word {
  readonly text: string;
  readonly at: number;
  /** Placeholders before it. */
  readonly skips: number;
}

const READS = new Set([
  'SELECT',
  'SHOW',
  'DESCRIBE',
  'DESC',
  'EXPLAIN',
  'VALUES',
  'WITH',
  'SAVEPOINT',
  'RELEASE',
  'USE',
]);
const CHANGES = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE']);
/** What a SELECT may not do, and what ends or loosens a transaction behind SET. */
const REACHES_OUT = /\bINTO\s+(OUTFILE|DUMPFILE)\b|\b(NEXTVAL|SETVAL|GET_LOCK|SLEEP)\s*\(|\bNEXT\s+VALUE\s+FOR\b/i;
const HARMLESS_SET = /^\s*SET\s+(@(?!@)|NAMES\b|(SESSION\s+)?TRANSACTION\s+ISOLATION\b)/i;

const NAME = '((?:`(?:[^`]|``)+`|[\\w$]+)(?:\\s*\\.\\s*(?:`(?:[^`]|``)+`|[\\w$]+))?)';
const INSERT = new RegExp(
  `^\\s*(?:INSERT|REPLACE)(?:\\s+(?:LOW_PRIORITY|HIGH_PRIORITY|IGNORE))*(?:\\s+INTO)?\\s+${NAME}`,
  'i',
);
const UPDATE = new RegExp(`^\\s*UPDATE(?:\\s+(?:LOW_PRIORITY|IGNORE))*\\s+${NAME}\\s+SET\\b`, 'i');
const DELETE = new RegExp(
  `^\\s*DELETE(?:\\s+(?:LOW_PRIORITY|QUICK|IGNORE))*\\s+FROM\\s+${NAME}\\s*(?=WHERE\\b|ORDER\\b|LIMIT\\b|RETURNING\\b|;|$)`,
  'i',
);
const TAIL = new Set(['WHERE', 'ORDER', 'LIMIT']);

/** Reads a statement of MariaDB. Whatever is not known to stay inside the transaction is refused. */
export function readStatement(sql: string): Statement {
  const words = wordsOf(sql);
  const [first, second] = [words?.[0]?.text, words?.[1]?.text];
  if (!words || first === undefined) return { kind: 'refused', words: 'more than one statement, or none' };
  const named = [first, second].filter((word) => word !== undefined).join(' ');
  if (first === 'ROLLBACK' && second === 'TO') return { kind: 'read' };
  if (first === 'SET' && HARMLESS_SET.test(sql)) return { kind: 'read' };
  if (READS.has(first)) return readsOnly(first, sql, words) ?? { kind: 'refused', words: named };
  if (!CHANGES.has(first)) return { kind: 'refused', words: named };
  return changeOf(sql, words) ?? { kind: 'unseen', words: named };
}

/** `WITH` may stand before a change, `USE` and `SHOW` stay what they are. */
function readsOnly(first: string, sql: string, words: readonly Word[]): Statement | undefined {
  if (first === 'USE' || REACHES_OUT.test(sql)) return undefined;
  if (first === 'WITH' && words.some(({ text }) => CHANGES.has(text))) return undefined;
  return { kind: 'read' };
}

function changeOf(sql: string, words: readonly Word[]): Statement | undefined {
  const returning = words.find(({ text }) => text === 'RETURNING');
  const end = returning?.at ?? endOf(sql);
  const returns = returning !== undefined;
  const inserted = INSERT.exec(sql)?.[1];
  if (inserted !== undefined) {
    const mayReplace = words.some(({ text }) => text === 'DUPLICATE' || text === 'REPLACE');
    return { kind: 'insert', table: plainName(inserted), head: sql.slice(0, end), returns, mayReplace };
  }
  const [updated, deleted] = [UPDATE.exec(sql)?.[1], DELETE.exec(sql)?.[1]];
  const table = updated ?? deleted;
  if (table === undefined) return undefined;
  const tail = words.find(({ text }) => TAIL.has(text));
  const rest = tail ? sql.slice(tail.at, end) : '';
  const kind = updated === undefined ? 'delete' : 'update';
  return { kind, table: plainName(table), rest, skips: tail?.skips ?? 0, returns };
}

/** The words of the one statement there is; undefined where there are several, or a comment that is run. */
function wordsOf(sql: string): Word[] | undefined {
  const words: Word[] = [];
  const pattern =
    /'(?:[^'\\]|\\[^]|'')*'|"(?:[^"\\]|\\[^]|"")*"|`(?:[^`]|``)*`|\/\*[^]*?\*\/|--(?:\s.*|$)|#.*|[@\w$]+|[?();]/gm;
  let [depth, skips, isOver] = [0, 0, false];
  for (const { 0: text, index: at } of sql.matchAll(pattern)) {
    if (/^\/\*M?!/.test(text)) return undefined;
    if (/^(\/\*|--|#)/.test(text)) continue;
    if (isOver) return undefined;
    if (text === '(') depth++;
    else if (text === ')') depth--;
    else if (text === '?') skips++;
    else if (text === ';') isOver = true;
    else if (depth === 0 && /^[A-Za-z]/.test(text)) words.push({ text: text.toUpperCase(), at, skips });
  }
  return words;
}

function endOf(sql: string): number {
  return sql.replace(/[\s;]+$/, '').length;
}

function plainName(name: string): string {
  return name.replaceAll('`', '').replaceAll(/\s/g, '');
}
