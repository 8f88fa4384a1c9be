import { installBookkeeping, installFence } from '../../cdc/index.ts';
import { openConnection, type Connection } from '../../shared/index.ts';
import { startMariaDb } from '../../stack/index.ts';

export interface FenceCost {
  readonly plainUs: number;
  readonly fencedUs: number;
  /** Median over the rounds of fenced to plain. */
  readonly ratio: number;
}

const ROUNDS = 15;
const WRITES = 400;
const ROWS = 1_000;

/** What the fence adds to a single-row write that is committed at once: two tables alike, one behind the fence, in turns. */
export async function fenceCost(): Promise<FenceCost> {
  const server = await startMariaDb();
  const connection = await openConnection(server.url());
  try {
    await prepare(connection);
    const rounds: { plain: number; fenced: number }[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const times = { plain: await writesUs(connection, 'plain'), fenced: await writesUs(connection, 'fenced') };
      if (round > 0) rounds.push(times); // The first one warms.
    }
    const plainUs = median(rounds.map(({ plain }) => plain));
    const fencedUs = median(rounds.map(({ fenced }) => fenced));
    return { plainUs, fencedUs, ratio: Number(median(rounds.map((r) => r.fenced / r.plain)).toFixed(2)) };
  } finally {
    connection.destroy();
    await server.stop();
  }
}

async function prepare(connection: Connection): Promise<void> {
  await installBookkeeping(connection);
  await connection.query('CREATE DATABASE fleet');
  await connection.query('USE fleet');
  for (const table of ['plain', 'fenced']) {
    await connection.query(`CREATE TABLE fleet.${table} (id INT PRIMARY KEY, note VARCHAR(100), n INT NOT NULL)`);
    await connection.query(`INSERT INTO fleet.${table} SELECT seq, 'a note', 0 FROM seq_1_to_${ROWS}`);
  }
  const applyUser = 'banyan';
  await installFence(connection, { unit: 'bench', schema: 'fleet', tables: ['fenced'], side: 'legacy', applyUser });
}

/** Microseconds per write. */
async function writesUs(connection: Connection, table: string): Promise<number> {
  const startedAt = performance.now();
  for (let i = 0; i < WRITES; i++)
    await connection.query(`UPDATE fleet.${table} SET n = n + 1 WHERE id = ${(i % ROWS) + 1}`);
  return Math.round(((performance.now() - startedAt) * 1000) / WRITES);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
