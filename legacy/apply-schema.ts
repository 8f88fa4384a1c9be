import { readFileSync } from 'node:fs';
import { createConnection, type Connection } from 'mysql2/promise';

const file = new URL('./schema.sql', import.meta.url);

/** Splits a dump as the mysql client would: DELIMITER is the client's word and never reaches the server. */
export function splitSql(text: string): string[] {
  const statements: string[] = [];
  let delimiter = ';';
  let pending = '';
  for (const line of text.split('\n')) {
    const change = /^DELIMITER\s+(\S+)/i.exec(line);
    if (change) {
      delimiter = change[1] ?? ';';
      continue;
    }
    pending += `${line}\n`;
    if (!line.trimEnd().endsWith(delimiter)) continue;
    statements.push(pending.trim().slice(0, -delimiter.length));
    pending = '';
  }
  return pending.trim() === '' ? statements : [...statements, pending.trim()];
}

/** Every statement of schema.sql, in order. */
export function schemaStatements(): string[] {
  return splitSql(readFileSync(file, 'utf8'));
}

/** Creates the URL's schema and everything in it. Fails when a table is there already. */
export async function applySchema(url: string): Promise<void> {
  const { server, schema } = splitUrl(url);
  const connection = await createConnection({ uri: server, charset: 'utf8mb4_general_ci' });
  try {
    await connection.query(`CREATE DATABASE IF NOT EXISTS \`${schema}\` DEFAULT CHARACTER SET utf8mb4`);
    await connection.query(`USE \`${schema}\``);
    for (const statement of schemaStatements()) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

/** Takes the trigger away while rows are loaded in bulk; the returned function puts it back as schema.sql has it. */
export async function withoutTrigger(connection: Connection): Promise<() => Promise<void>> {
  await connection.query('DROP TRIGGER IF EXISTS locations_last_seen');
  const create = schemaStatements().find((statement) => statement.includes('CREATE TRIGGER')) ?? '';
  return async () => {
    await connection.query(create);
  };
}

function splitUrl(url: string): { server: string; schema: string } {
  const parsed = new URL(url);
  const schema = decodeURIComponent(parsed.pathname.slice(1)) || 'fleet';
  parsed.pathname = '/';
  return { server: parsed.href, schema };
}
