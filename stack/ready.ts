import { messageOf, openConnection, waitUntil } from '../shared/index.ts';

/** Resolves when the database at `url` answers a query; rejects with its last refusal when the budget is spent. */
export async function awaitAnswer(url: string, budgetMs: number, signal?: AbortSignal): Promise<void> {
  let refusal = '';
  const answers = async (): Promise<boolean> => {
    try {
      await query(url);
      return true;
    } catch (error) {
      refusal = messageOf(error);
      return false;
    }
  };
  const ready = await waitUntil(answers, { budgetMs, everyMs: 10, ...(signal === undefined ? {} : { signal }) });
  if (!ready) throw new Error(`no answer within ${budgetMs} ms: ${refusal}`);
}

async function query(url: string): Promise<void> {
  const connection = await openConnection(url);
  try {
    await connection.query('SELECT 1');
  } finally {
    connection.destroy();
  }
}
