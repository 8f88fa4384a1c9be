import { forgetStream, readStreamRecord, rehearse, type Stream } from '../../cdc/index.ts';
import { messageOf, type Log } from '../../shared/index.ts';
import type { Measurements } from '../judgement/gates.ts';
import type { Places } from './places.ts';
import { streamName } from './stream-name.ts';
import type { UnitFence } from './unit-fence.ts';

export interface WayBackParts {
  readonly unit: string;
  readonly places: Places;
  readonly fence: UnitFence;
  readonly stream: Stream;
  readonly log: Log;
}

/** The reverse stream as the way back to legacy: armed behind legacy's fence, and shown to carry a row. */
export class WayBack {
  readonly #parts: WayBackParts;
  #armed = false;
  #arming: Promise<void> = Promise.resolve();
  #rehearsedAtMs: number | undefined;

  constructor(parts: WayBackParts) {
    this.#parts = parts;
  }

  get isArmed(): boolean {
    return this.#armed;
  }

  /** An armed reverse stream keeps its position row in state streaming until it is disarmed. */
  async wasArmed(): Promise<boolean> {
    const record = await readStreamRecord(this.#parts.places.legacy.pool, this.#name);
    return record?.state === 'streaming';
  }

  /**
   * Carries the owner's changes on without waiting for a controller, and shows behind it that they arrive. The forward
   * stream must not fail with it.
   */
  async resume(): Promise<void> {
    const { unit, log } = this.#parts;
    const failed = (error: unknown): void =>
      log.error({ unit, reason: messageOf(error) }, 'the reverse stream did not resume');
    await this.#start().then(() => void this.arm().catch(failed), failed);
  }

  /** One at a time: a second rehearsal would overwrite the first one's row. */
  async arm(): Promise<void> {
    const arming = this.#arming.catch(() => undefined).then(() => this.#arm());
    this.#arming = arming;
    await arming;
  }

  async #arm(): Promise<void> {
    await this.#start();
    const { unit, places } = this.#parts;
    const { legacy, service } = places;
    const way = { stream: this.#name, sourceUrl: service.url, targetUrl: legacy.url };
    const carried = await rehearse({ unit, ...way, budgetMs: 10_000 });
    this.#rehearsedAtMs = carried ? Date.now() : undefined;
  }

  async #start(): Promise<void> {
    if (this.#armed) return;
    await this.#parts.fence.install('legacy');
    await this.#parts.stream.start();
    this.#armed = true;
  }

  async disarm(): Promise<void> {
    if (!this.#armed) return;
    const { places, fence, stream } = this.#parts;
    await stream.stop();
    await fence.remove('legacy');
    await forgetStream(places.legacy.pool, this.#name);
    this.forget();
  }

  /** Once nothing starts it again: what is under way has ended. */
  async settled(): Promise<void> {
    await this.#arming.catch(() => undefined);
  }

  forget(): void {
    this.#armed = false;
    this.#rehearsedAtMs = undefined;
  }

  measure(): NonNullable<Measurements['reverse']> {
    return {
      armed: this.#armed && this.#parts.stream.state().kind === 'streaming',
      ...(this.#rehearsedAtMs === undefined ? {} : { rehearsalAgeMs: Date.now() - this.#rehearsedAtMs }),
    };
  }

  get #name(): string {
    return streamName(this.#parts.unit, 'reverse');
  }
}
