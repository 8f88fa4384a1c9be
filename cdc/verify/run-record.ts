import { withConnection } from '../tables/connect.ts';
import type { RowDataPacket } from '../../shared/index.ts';
import type { Row, Value } from '../change-event.ts';

export type VerificationMode = 'exact' | 'continuous';

/** Where the progress of a verification is kept, and whose. */
export interface RunOptions {
  /** The stream's name. */
  readonly name: string;
  /** A run of another mapping is not gone on with. */
  readonly mappingVersion: number;
  /** Go on where an interrupted run ended; without one, begin. */
  readonly resume?: boolean;
}

// Not `verification`: the control database, which may be the same server, keeps its results under that name.
const table = `CREATE TABLE IF NOT EXISTS banyan.verification_run (
  stream VARCHAR(64) NOT NULL,
  mode ENUM('exact','continuous') NOT NULL,
  mapping_version INT UNSIGNED NOT NULL,
  is_finished TINYINT(1) NOT NULL,
  progress LONGTEXT NOT NULL,
  changed_at DATETIME(3) NOT NULL,
  PRIMARY KEY (stream, mode)
) ENGINE=InnoDB`;

const SAVE_EVERY_MS = 1_000;

/**
 * The progress of one verification, kept at the target so that another process can go on with it. Besides counts it
 * holds the last key, which may be personal: it never leaves the database.
 */
export class RunRecord<T> {
  private readonly url: string;
  private readonly mode: VerificationMode;
  private readonly options: RunOptions | undefined;
  private savedAt = Number.NEGATIVE_INFINITY;

  /** Without options nothing is kept. */
  constructor(url: string, mode: VerificationMode, options: RunOptions | undefined) {
    this.url = url;
    this.mode = mode;
    this.options = options;
  }

  /** What an interrupted run of this mapping left, if it is to be gone on with. */
  async begin(): Promise<T | undefined> {
    const { options } = this;
    if (!options) return undefined;
    const rows = await withConnection(this.url, async (connection) => {
      await connection.query(table);
      const [found] = await connection.query<RowDataPacket[]>(
        `SELECT progress FROM banyan.verification_run
         WHERE stream = ? AND mode = ? AND mapping_version = ? AND NOT is_finished`,
        [options.name, this.mode, options.mappingVersion],
      );
      return found;
    });
    const text = options.resume && rows[0]?.['progress'];
    return text ? (JSON.parse(String(text)) as T) : undefined;
  }

  /** Keeps the progress, at most once a second. */
  async note(progress: () => T): Promise<void> {
    if (this.options && Date.now() - this.savedAt >= SAVE_EVERY_MS) await this.save(progress(), false);
  }

  async save(progress: T, isFinished: boolean): Promise<void> {
    const { options } = this;
    if (!options) return;
    this.savedAt = Date.now();
    await withConnection(this.url, (connection) =>
      connection.query(
        `REPLACE INTO banyan.verification_run (stream, mode, mapping_version, is_finished, progress, changed_at)
         VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(3))`,
        [options.name, this.mode, options.mappingVersion, isFinished, JSON.stringify(progress)],
      ),
    );
  }
}

/** A key as JSON carries it. */
export type KeptKey = Readonly<Record<string, string | number | null | { readonly hex: string }>>;

export function keepKey(key: Row): KeptKey {
  const kept = Object.entries(key).map(([name, value]) => [
    name,
    Buffer.isBuffer(value) ? { hex: value.toString('hex') } : value,
  ]);
  return Object.fromEntries(kept) as KeptKey;
}

export function keptKey(key: KeptKey): Row {
  const read = Object.entries(key).map(([name, value]): [string, Value] => [
    name,
    value !== null && typeof value === 'object' ? Buffer.from(value.hex, 'hex') : value,
  ]);
  return Object.fromEntries(read);
}
