import { KeptFile, messageOf, type ApiClient, type Kept, type Log } from '../../shared/index.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import { FeedReader } from './feed-reader.ts';

/** An answer at least this often, changed or not. */
const HOLD_MS = 1_000;
/** How long a start waits for the control process before it goes on from what was kept. */
const PATIENCE_MS = 2_000;

/** Where the last known stages are kept for a start without control. */
export interface StagesKeeper {
  readonly path: string;
  read(): Promise<Kept<readonly UnitRecord[]>>;
  write(records: readonly UnitRecord[]): Promise<void>;
}

export function stagesFile(path: string): StagesKeeper {
  return new KeptFile<readonly UnitRecord[]>(path, 'banyan-stages', 1);
}

/**
 * Where the units stand, as an edge of another process knows it: told by the control process at every change, kept in a
 * file for a start without it. What was heard last stays in force: the fence, not the edge, is what protects the rows.
 */
export class RemoteUnitStates {
  readonly #client: ApiClient;
  readonly #keeper: StagesKeeper;
  readonly #log: Log;
  readonly #reader: FeedReader<readonly UnitRecord[]>;
  readonly #records = new Map<string, UnitRecord>();
  #isTold = false;

  constructor(client: ApiClient, keeper: StagesKeeper, log: Log) {
    this.#client = client;
    this.#keeper = keeper;
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

  /** True once the control process has answered: a unit it has no record of was never moved. */
  get isTold(): boolean {
    return this.#isTold;
  }

  get(unit: string): UnitRecord | undefined {
    return this.#records.get(unit);
  }

  /**
   * Resolves once the stages are known: from the control process or, while that does not answer, from what was kept.
   * Without either it resolves too, with nothing known; the control process is heard whenever it comes.
   */
  async start(): Promise<void> {
    this.#reader.start();
    if (!(await this.#reader.heard(PATIENCE_MS))) await this.#restore();
  }

  stop(): Promise<void> {
    return this.#reader.stop();
  }

  /** What control says, by whichever way. */
  accept(records: readonly UnitRecord[]): void {
    this.#isTold = true;
    if (this.#learn(records)) void this.#keep();
  }

  /** True when something was new. An older epoch never replaces a newer one, whoever tells it. */
  #learn(records: readonly UnitRecord[]): boolean {
    let isNew = false;
    for (const record of records) {
      const known = this.#records.get(record.unit);
      if (known && known.epoch >= record.epoch) continue;
      this.#records.set(record.unit, record);
      isNew = true;
    }
    return isNew;
  }

  async #keep(): Promise<void> {
    const { path: file } = this.#keeper;
    try {
      await this.#keeper.write([...this.#records.values()]);
    } catch (error) {
      this.#log.error({ file, reason: messageOf(error) }, 'the stages cannot be kept for the next start');
    }
  }

  async #restore(): Promise<void> {
    const { path: file } = this.#keeper;
    const { url: control } = this.#client;
    const kept = await this.#keeper.read();
    if (kept.state === 'kept') {
      this.#learn(kept.value);
      this.#log.warn(
        { file, control, keptAt: kept.keptAt },
        'control does not answer; the stages are those that were kept',
      );
      return;
    }
    const reason = kept.state === 'damaged' ? kept.reason : 'there is none';
    this.#log.error({ file, control, reason }, 'no stage is known: until control answers, requests of units get 503');
  }
}
