import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { messageOf, type ApiClient, type Log } from '../../shared/index.ts';
import type { UnitRecord } from '../unit-record.ts';
import { FeedReader } from './feed-reader.ts';

/** An answer at least this often, changed or not. */
const HOLD_MS = 1_000;
/** How long a start waits for the control process before it goes on from what the file says. */
const PATIENCE_MS = 2_000;
const SAY_AGAIN_MS = 10_000;

/**
 * Where the units stand, as an edge of another process knows it: told by the control process at every change, kept in a
 * file for a start without it. What was heard last stays in force: the fence, not the edge, is what protects the rows.
 */
export class RemoteUnitStates {
  readonly #client: ApiClient;
  readonly #file: string;
  readonly #log: Log;
  readonly #reader: FeedReader<readonly UnitRecord[]>;
  readonly #records = new Map<string, UnitRecord>();

  constructor(client: ApiClient, file: string, log: Log) {
    this.#client = client;
    this.#file = file;
    this.#log = log;
    this.#reader = new FeedReader({
      client,
      path: '/v1/states',
      holdMs: HOLD_MS,
      peer: `control at ${client.url}`,
      whileLost: 'the last known stages stay in force',
      accept: (records) => this.accept(records),
      log,
    });
  }

  get(unit: string): UnitRecord | undefined {
    return this.#records.get(unit);
  }

  /** Resolves once the stages are known: from the control process, or, while that does not answer, from the file. */
  async start(signal: AbortSignal): Promise<void> {
    this.#reader.start();
    for (let patience = PATIENCE_MS; !signal.aborted; patience = SAY_AGAIN_MS) {
      if (await this.#reader.heard(patience)) return;
      if (this.#restore()) return;
      this.#log.warn({ file: this.#file }, `waiting for control at ${this.#client.url}: no stage is known yet`);
    }
  }

  stop(): Promise<void> {
    return this.#reader.stop();
  }

  /** What control says, by whichever way. An older epoch never replaces a newer one. */
  accept(records: readonly UnitRecord[]): void {
    let isNew = false;
    for (const record of records) {
      const known = this.#records.get(record.unit);
      if (known && known.epoch >= record.epoch) continue;
      this.#records.set(record.unit, record);
      isNew = true;
    }
    if (isNew) this.#keep();
  }

  /** Renamed into place, so that a kill leaves the file before or the file after. */
  #keep(): void {
    try {
      writeFileSync(`${this.#file}.new`, JSON.stringify([...this.#records.values()]));
      renameSync(`${this.#file}.new`, this.#file);
    } catch (error) {
      this.#log.error({ file: this.#file, reason: messageOf(error) }, 'the stages cannot be kept for the next start');
    }
  }

  #restore(): boolean {
    try {
      const records = JSON.parse(readFileSync(this.#file, 'utf8')) as readonly UnitRecord[];
      for (const record of records) this.#records.set(record.unit, record);
      this.#log.warn({ file: this.#file }, 'control does not answer; the stages are those of the last run');
      return true;
    } catch {
      return false;
    }
  }
}
