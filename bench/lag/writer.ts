import { openConnection, systemClock, type RowDataPacket } from '../../shared/index.ts';
import { answerAndEnd, givenOptions } from '../process.ts';

export interface WriterOptions {
  readonly url: string;
  readonly perS: number;
  readonly seconds: number;
  /** Rows are numbered from here; 0 when absent. */
  readonly firstId?: number;
}

/** One write: the sequence of its GTID, and the wall-clock milliseconds when it was sent and when it was committed. */
export type Write = readonly [sequence: number, sentAtMs: number, committedAtMs: number];

const CONNECTIONS = 4;

/**
 * Writes single rows at a steady rate, each in a transaction of its own. The rate is kept by the clock, not by the
 * answers: a slow moment is made up for, as users would.
 */
const options = givenOptions() as WriterOptions;
const connections = await Promise.all(
  Array.from({ length: CONNECTIONS }, () => openConnection(options.url, { multipleStatements: true })),
);
const writes: Write[] = [];
const startedAt = performance.now();
const total = options.perS * options.seconds;
let next = 0;
await Promise.all(connections.map((_, i) => writeTurns(i)));
for (const connection of connections) connection.destroy();
answerAndEnd(writes);

async function writeTurns(i: number): Promise<void> {
  const connection = connections[i];
  if (!connection) return;
  while (next < total) {
    const id = next++;
    const dueMs = startedAt + (id / options.perS) * 1000 - performance.now();
    if (dueMs > 0) await systemClock.sleep(dueMs);
    const sentAtMs = performance.timeOrigin + performance.now();
    const [results] = await connection.query<RowDataPacket[][]>(statementOf((options.firstId ?? 0) + id));
    writes.push([sequenceOf(results[1]), sentAtMs, performance.timeOrigin + performance.now()]);
  }
}

/** Two inserts to one update, as a busy application's tables see. */
function statementOf(id: number): string {
  const write =
    id % 3 === 2
      ? `UPDATE bench.orders SET state='en_route', changed_at=NOW(3) WHERE id=${id - 1}`
      : `INSERT INTO bench.orders VALUES (${id},${id % 1000},'requested',12.50,'order ${id}',NOW(3))`;
  return `${write}; SELECT @@last_gtid AS gtid`;
}

function sequenceOf(rows: readonly RowDataPacket[] | undefined): number {
  return Number(String(rows?.[0]?.['gtid']).split('-')[2]);
}
