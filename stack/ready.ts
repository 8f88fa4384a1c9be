import { messageOf, openConnection, waitUntil } from '../shared/index.ts';

/** Resolves when the database at `url` answers a query; rejects with its last refusal when the budget is spent. */
export function awaitAnswer(url: string, budgetMs: number, signal?: AbortSignal): Promise<void> {
  return awaitSuccess(() => query(url), { budgetMs, everyMs: 10, signal });
}

/** Resolves when `url` answers with success. */
export function awaitHttp(url: string, budgetMs: number, signal?: AbortSignal): Promise<void> {
  return awaitSuccess(() => get(url), { budgetMs, everyMs: 30, signal });
}

/** Repeats `attempt` until it does not throw; rejects with its last refusal when the budget is spent. */
export async function awaitSuccess(
  attempt: () => Promise<void>,
  options: { budgetMs: number; everyMs: number; signal: AbortSignal | undefined },
): Promise<void> {
  const { budgetMs, everyMs, signal } = options;
  let refusal = '';
  const succeeds = async (): Promise<boolean> => {
    try {
      await attempt();
      return true;
    } catch (error) {
      refusal = messageOf(error);
      return false;
    }
  };
  const ready = await waitUntil(succeeds, { budgetMs, everyMs, ...(signal === undefined ? {} : { signal }) });
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

async function get(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 200)}`);
}
