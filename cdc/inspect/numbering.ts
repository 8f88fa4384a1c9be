import type { Connection, RowDataPacket } from '../../shared/index.ts';

/** How a server numbers new rows of some tables by itself. */
export interface SideNumbering {
  /** Tables with an AUTO_INCREMENT column. */
  readonly tables: readonly string[];
  readonly increment: number;
  readonly offset: number;
}

/** Whether two sides that both make rows can never give one number twice. */
export interface Numbering {
  readonly isDisjoint: boolean;
  readonly detail: string;
}

export async function readNumbering(
  connection: Connection,
  { schema, tables }: { readonly schema: string; readonly tables: readonly string[] },
): Promise<SideNumbering> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT TABLE_NAME AS name, @@GLOBAL.auto_increment_increment AS step, @@GLOBAL.auto_increment_offset AS start
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?) AND EXTRA LIKE '%auto_increment%'`,
    [schema, tables],
  );
  const [first] = rows;
  return {
    tables: rows.map((row) => String(row['name'])),
    increment: Number(first?.['step'] ?? 1),
    offset: Number(first?.['start'] ?? 1),
  };
}

/**
 * Numbers go to and fro with the rows, so no head start of one side would last: InnoDB counts on from the highest number
 * it has seen, whoever gave it. Only steps with different offsets keep two sides apart.
 */
export function compareNumbering(one: SideNumbering, other: SideNumbering): Numbering {
  if (one.tables.length === 0 || other.tables.length === 0)
    return { isDisjoint: true, detail: 'not both sides number rows by themselves' };
  const isDisjoint = one.increment >= 2 && one.increment === other.increment && one.offset !== other.offset;
  const [a, b] = [one, other].map(({ increment, offset }) => `${offset} of ${increment}`);
  return { isDisjoint, detail: `legacy gives ${a}, the service ${b}` };
}
