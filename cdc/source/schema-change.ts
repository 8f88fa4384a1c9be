/** What a statement in the log means for the tables of a unit. */
export type StatementEffect = 'none' | 'schema' | 'rows' | 'truncate';

const comments = /^(\s|\/\*[\s\S]*?\*\/|--[^\n]*\n|#[^\n]*\n)+/;
const definition =
  /^(alter\s+(online\s+|ignore\s+)*table|drop\s+table|rename\s+table|truncate|create\s+(or\s+replace\s+)?table|drop\s+(database|schema))\b/i;
const truncate = /^truncate\s+(?:table\s+)?(?:`?[\w$]+`?\s*\.\s*)?`?([\w$]+)`?/i;
const rowStatement = /^(insert|update|delete|replace|load\s+data|with)\b/i;

/**
 * Judges a statement by the tables it names. Names are matched as whole words, quoted or not; an unqualified name
 * belongs to the session's default schema.
 */
export function createStatementJudge(
  schema: string,
  tables: readonly string[],
): (sql: string, defaultSchema: string) => StatementEffect {
  const names = tables.map(escapeText).join('|');
  const named = new RegExp(`(?:(?<![\\w$])\`?([\\w$]+)\`?\\s*\\.\\s*)?(?<![\\w$])\`?(?:${names})\`?(?![\\w$])`, 'gi');
  const dropped = new RegExp(
    `^drop\\s+(?:database|schema)\\s+(?:if\\s+exists\\s+)?\`?${escapeText(schema)}\`?\\s*;?$`,
    'i',
  );
  return (sql, defaultSchema) => {
    const statement = bare(sql);
    const isDefinition = definition.test(statement);
    if (!isDefinition && !rowStatement.test(statement)) return 'none';
    if (dropped.test(statement)) return 'schema';
    const ours = [...statement.matchAll(named)].some(([, qualifier]) => (qualifier ?? defaultSchema) === schema);
    if (!ours) return 'none';
    if (!isDefinition) return 'rows';
    return truncate.test(statement) ? 'truncate' : 'schema';
  };
}

/** The table that a TRUNCATE empties. */
export function truncatedTable(sql: string): string {
  return truncate.exec(bare(sql))?.[1] ?? '';
}

function bare(sql: string): string {
  return sql.replace(comments, '').trim();
}

function escapeText(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
