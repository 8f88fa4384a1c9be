import type { Connection, Problem, RowDataPacket } from '../../shared/index.ts';

/**
 * `problem`: a run must not be started. `warning`: it works, and somebody should know. `unknown`: this account may not
 * see what it would take to tell; the fix says what to grant.
 */
export type Verdict = 'ok' | 'warning' | 'problem' | 'unknown';

/** One precondition, as it was found. */
export interface CheckItem extends Problem {
  readonly verdict: Verdict;
}

export function ok(subject: string, value: string, expected: string): CheckItem {
  return { verdict: 'ok', subject, value, expected, fix: '' };
}

/** `problem`, or `ok` when the value is as expected. */
export function judged(isRight: boolean, otherwise: Verdict, item: Problem): CheckItem {
  return isRight ? { ...item, verdict: 'ok', fix: '' } : { ...item, verdict: otherwise };
}

export function problemsOf(items: readonly CheckItem[]): Problem[] {
  return items
    .filter(({ verdict }) => verdict === 'problem')
    .map(({ subject, value, expected, fix }) => ({ subject, value, expected, fix }));
}

const DENIED = new Set([1044, 1045, 1142, 1143, 1227, 1370]);

/** Runs a look that this account may not be allowed; then it is unknown what it would have shown. */
export async function ifAllowed(
  item: Pick<Problem, 'subject' | 'expected' | 'fix'>,
  look: () => Promise<CheckItem[]>,
): Promise<CheckItem[]> {
  try {
    return await look();
  } catch (error) {
    if (!DENIED.has((error as { errno?: number }).errno ?? 0)) throw error;
    return [{ ...item, verdict: 'unknown', value: 'not visible to this account' }];
  }
}

export async function rowsOf(connection: Connection, sql: string, values: unknown[] = []): Promise<RowDataPacket[]> {
  return (await connection.query<RowDataPacket[]>(sql, values))[0];
}
