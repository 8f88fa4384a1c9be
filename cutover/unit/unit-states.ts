import { messageOf, type Log } from '../../shared/index.ts';
import type { ControlStore } from '../control/control-store.ts';
import type { Feed } from '../remote/feed.ts';
import type { UnitRecord } from './unit-record.ts';

/**
 * A cached view of the control database: pushed by a controller in the same process, polled every second for changes
 * made elsewhere; edges of other processes follow it. A record of an older epoch never replaces a newer one. When the
 * database does not answer the last view stays in force: the fence, not the edge, is what protects the rows.
 */
export class UnitStates implements Feed<readonly UnitRecord[]> {
  readonly #store: Pick<ControlStore, 'readAll'>;
  readonly #log: Log;
  readonly #records = new Map<string, UnitRecord>();
  #timer: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<() => void>();
  #revision = 0;

  constructor(store: Pick<ControlStore, 'readAll'>, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  get(unit: string): UnitRecord | undefined {
    return this.#records.get(unit);
  }

  revision(): number {
    return this.#revision;
  }

  value(): readonly UnitRecord[] {
    return [...this.#records.values()];
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  accept(record: UnitRecord): void {
    const known = this.#records.get(record.unit);
    if (known && known.epoch >= record.epoch) return;
    this.#records.set(record.unit, record);
    this.#revision++;
    for (const listener of this.#listeners) listener();
  }

  async start(pollMs = 1_000): Promise<void> {
    await this.#poll();
    this.#timer = setInterval(() => void this.#poll(), pollMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #poll(): Promise<void> {
    try {
      for (const record of await this.#store.readAll()) this.accept(record);
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, 'control database does not answer; the last view stays in force');
    }
  }
}
