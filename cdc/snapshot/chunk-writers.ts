import { systemClock, type Connection } from '../../shared/index.ts';
import type { NamedPoint } from '../apply/apply.ts';
import { describeRefusal } from '../apply/refusal.ts';
import { writeStatements } from '../apply/statements.ts';
import type { TargetSession } from '../apply/target-session.ts';
import type { Coalescer } from '../map/coalesce.ts';
import type { TableInfo } from '../tables/catalogue.ts';
import { isChunkRecorded, recordChunk, type ChunkProgress } from './copy-progress.ts';
import { beginFenced, send, type CopyFence } from './fenced-write.ts';

/** Rows and what they mean for the copy's progress; both are committed together. */
export interface Chunk {
  /** Absent when only the progress is to be recorded. */
  readonly changes?: Coalescer;
  readonly progress: ChunkProgress;
  /** Source rows. */
  readonly rows: number;
  /** About how much memory it takes. */
  readonly bytes: number;
}

export interface ChunkWritersOptions extends CopyFence {
  readonly writers: number;
  readonly tables: ReadonlyMap<string, TableInfo>;
  readonly openSession: () => TargetSession;
  readonly at: (point: NamedPoint) => void | Promise<void>;
  readonly onCommitted: (chunk: Chunk) => void;
  readonly signal: AbortSignal;
}

const BYTES_IN_FLIGHT = 16 * 1024 * 1024;
// Longer than a lock wait at the target: who waits for us has given up by then.
const TURN_WAIT_MS = 6_000;

/**
 * Several connections write chunks side by side and commit them in the order they came: so the recorded key always says
 * that everything up to it is there, and nothing behind it.
 */
export class ChunkWriters {
  private readonly options: ChunkWritersOptions;
  private readonly free: TargetSession[];
  private readonly running = new Set<Promise<void>>();
  private last: Promise<void> = Promise.resolve();
  private bytes = 0;
  private failure: { readonly error: unknown } | undefined;

  constructor(options: ChunkWritersOptions) {
    this.options = options;
    this.free = Array.from({ length: options.writers }, options.openSession);
  }

  /** Starts the write; waits only while all connections are busy or too much memory is in flight. */
  async write(chunk: Chunk): Promise<void> {
    const statements = chunk.changes ? writeStatements(chunk.changes, this.options.tables).map(({ sql }) => sql) : [];
    while (this.isBusyFor(chunk)) await Promise.race(this.running);
    this.options.signal.throwIfAborted();
    if (this.failure) throw this.failure.error;
    const session = this.free.pop() as TargetSession;
    this.bytes += chunk.bytes;
    const before = this.last;
    this.last = this.run(session, chunk, statements, before);
    const settled = this.last.catch((error: unknown) => void (this.failure ??= { error }));
    this.running.add(settled);
    void settled.then(() => this.running.delete(settled));
  }

  /** Resolves when every chunk is committed; rejects when one was not. */
  async finish(): Promise<void> {
    await Promise.all(this.running);
    if (this.failure) throw this.failure.error;
  }

  async close(): Promise<void> {
    await Promise.all(this.running);
    for (const session of this.free) session.close();
  }

  private isBusyFor({ bytes }: Chunk): boolean {
    if (this.running.size === 0) return false;
    return this.free.length === 0 || this.bytes + bytes > BYTES_IN_FLIGHT;
  }

  private async run(
    session: TargetSession,
    chunk: Chunk,
    statements: readonly string[],
    before: Promise<void>,
  ): Promise<void> {
    const { signal, at, onCommitted, name } = this.options;
    try {
      await session.retry(async (connection, tries) => {
        if (tries > 0 && (await isChunkRecorded(connection, name, chunk.progress))) return;
        await this.writeInTurn(session, connection, statements, before);
        await send(connection, [...recordChunk(name, chunk.progress), 'COMMIT']);
      }, signal);
      onCommitted(chunk);
      await at('snapshot:chunk');
    } catch (error) {
      session.close();
      throw error;
    } finally {
      this.bytes -= chunk.bytes;
      this.free.push(session);
    }
  }

  /** Leaves the rows written and the chunk in front committed. */
  private async writeInTurn(
    session: TargetSession,
    connection: Connection,
    statements: readonly string[],
    before: Promise<void>,
  ): Promise<void> {
    await this.writeRows(session, connection, statements);
    if (await isOver(before, TURN_WAIT_MS)) return;
    // The chunk in front may be waiting for a row that this one has locked.
    await connection.query('ROLLBACK');
    await before;
    await this.writeRows(session, connection, statements);
  }

  private async writeRows(
    session: TargetSession,
    connection: Connection,
    statements: readonly string[],
  ): Promise<void> {
    const [first = [], ...more] = packets(statements, session.packetBytes);
    await beginFenced(connection, this.options, first);
    for (const packet of more) await send(connection, packet);
  }
}

/** False when it takes longer; rejects when it fails. */
async function isOver(work: Promise<void>, budgetMs: number): Promise<boolean> {
  const waited = new AbortController();
  const late = systemClock.sleep(budgetMs, waited.signal).then(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    waited.abort();
  }
}

/** As few packets as the server's limit allows. */
function packets(statements: readonly string[], limit: number): string[][] {
  const all: string[][] = [[]];
  let bytes = 0;
  for (const sql of statements) {
    const size = Buffer.byteLength(sql) + 1;
    if (size > limit) throw describeRefusal({ errno: 1153 }, undefined);
    bytes += size;
    if (bytes <= limit) all.at(-1)?.push(sql);
    else {
      all.push([sql]);
      bytes = size;
    }
  }
  return all;
}
