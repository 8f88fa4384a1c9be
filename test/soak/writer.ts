import { setTimeout as sleep } from 'node:timers/promises';
import { openConnection, type Connection } from '../../shared/index.ts';

export interface Writer {
  readonly transactions: () => number;
  /** Resolves when the last transaction is over. */
  stop(): Promise<void>;
}

const ACCOUNTS = 300;
const PAUSE_MS = 20;
const COLLIDES = new Set([1062]);

/** Writes transactions of every shape one after another until stopped: values, keys and unique columns move. */
export async function startWriter(url: string, random: () => number): Promise<Writer> {
  const connection = await openConnection(url, { multipleStatements: true });
  let transactions = 0;
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      if (await happened(connection, transaction(random))) transactions += 1;
      // An applier that lives for a second at a time must be able to keep up.
      await sleep(random() * PAUSE_MS);
    }
  };
  const running = run();
  // Told by `stop`.
  running.catch(() => undefined);
  return {
    transactions: () => transactions,
    async stop() {
      stopping.abort();
      await running;
      connection.destroy();
    },
  };
}

/** False when the source itself refused it. */
async function happened(connection: Connection, statements: string): Promise<boolean> {
  try {
    await connection.query(`START TRANSACTION; ${statements}; COMMIT`);
    return true;
  } catch (error) {
    await connection.query('ROLLBACK');
    if (COLLIDES.has((error as { errno?: number }).errno ?? 0)) return false;
    throw error;
  }
}

function transaction(random: () => number): string {
  const below = (n: number): number => Math.floor(random() * n);
  const count = random() < 0.01 ? 0 : 1 + below(5);
  return count === 0 ? large(below) : Array.from({ length: count }, () => statement(below)).join('; ');
}

/** Comes in pieces. */
function large(below: (n: number) => number): string {
  const account = below(ACCOUNTS);
  return `UPDATE old.account SET balance = balance + 1;
    INSERT INTO old.entry (account, token) SELECT ${account}, CONCAT('bulk-', UUID()) FROM old.seq_1_to_${500 + below(1500)};
    UPDATE old.account SET name = CONCAT('all ', ${below(1000)}) WHERE id % 3 = ${below(3)}`;
}

function statement(below: (n: number) => number): string {
  const [one, other] = [below(ACCOUNTS), below(ACCOUNTS)];
  switch (below(8)) {
    case 0:
    case 1:
      return `INSERT INTO old.entry (account, token) VALUES (${one}, UUID()), (${other}, UUID())`;
    case 2:
      return `INSERT IGNORE INTO old.account (id, name, email) VALUES (${one}, 'new ${other}', 'mail-${below(400)}')`;
    case 3:
      return `DELETE FROM old.account WHERE id = ${one}`;
    case 4:
      return `UPDATE IGNORE old.account SET id = ${one} WHERE id = ${other}`;
    case 5:
      return `UPDATE IGNORE old.account SET email = ${below(4) === 0 ? 'NULL' : `'mail-${below(400)}'`} WHERE id = ${one}`;
    case 6:
      return swap(one, other);
    default:
      return `UPDATE old.account SET balance = balance + ${below(100)}.25 WHERE id IN (${one}, ${other})`;
  }
}

/** Two accounts exchange their unique value, by way of none. */
function swap(one: number, other: number): string {
  return `SELECT email INTO @a FROM old.account WHERE id = ${one}; SELECT email INTO @b FROM old.account WHERE id = ${other};
    UPDATE old.account SET email = NULL WHERE id = ${one}; UPDATE IGNORE old.account SET email = @a WHERE id = ${other};
    UPDATE IGNORE old.account SET email = @b WHERE id = ${one}`;
}
