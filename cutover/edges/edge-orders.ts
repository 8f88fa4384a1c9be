import { waitUntil, type Log } from '../../shared/index.ts';
import { cutoverErrors } from '../errors.ts';
import type { EdgeRoster } from './edge-roster.ts';
import type { EdgeSession } from './edge-session.ts';
import type { HoldOptions } from '../unit/unit-runtime.ts';
import type { HoldOrder } from './messages.ts';

const SLACK_MS = 1_000;
/** How long the edges may take to learn an epoch before a release goes on without those that did not. */
const LEARN_MS = 2_000;

/**
 * What the edges are to hold. Orders are a state, not an event: an edge that comes back is told all of it, and does what
 * it has not done. An order counts when every edge on the roster has said that it is carried out.
 */
export class EdgeOrders {
  readonly #roster: EdgeRoster;
  readonly #log: Log;
  readonly #holds = new Map<string, HoldOrder>();
  #orders = 0;

  constructor(roster: EdgeRoster, log: Log) {
    this.#roster = roster;
    this.#log = log;
  }

  /** As the edges are told it. */
  value(): Record<string, HoldOrder> {
    return Object.fromEntries(this.#holds);
  }

  /** Keeps a unit held whose handover a former control process began, until somebody settles it. */
  keepHeld(unit: string, keys?: readonly string[]): void {
    this.#holds.set(unit, { order: ++this.#orders, budgetMs: 0, keys });
  }

  async hold(unit: string, { budgetMs, keys }: HoldOptions): Promise<boolean> {
    const order = ++this.#orders;
    this.#holds.set(unit, { order, budgetMs, keys });
    this.#tell();
    const hasAnswered = (session: EdgeSession): boolean => session.held[unit]?.order === order;
    const isOver = (): boolean => this.#roster.silent().length > 0 || this.#roster.connected().every(hasAnswered);
    await waitUntil(isOver, { budgetMs: budgetMs + SLACK_MS });
    const mute = this.#roster.connected().filter((session) => !hasAnswered(session));
    const missing = [...this.#roster.silent(), ...mute.map(({ name }) => name)];
    if (missing.length > 0)
      throw cutoverErrors.error('CONTROL_EDGE_UNREACHABLE', {
        message: `no acknowledgement of the hold of ${unit} from ${missing.join(', ')}`,
      });
    return this.#roster.connected().every((session) => session.held[unit]?.drained === true);
  }

  /** In two rounds: nobody's held writes go before every edge that can be reached knows the new owner. */
  async release(unit: string, epoch: number): Promise<void> {
    const unaware = (): EdgeSession[] => this.#roster.connected().filter(({ epochs }) => (epochs[unit] ?? 0) < epoch);
    await waitUntil(() => unaware().length === 0, { budgetMs: LEARN_MS });
    for (const { name } of unaware()) this.#log.warn({ unit, edge: name, epoch }, 'an edge did not learn the epoch');
    this.#holds.delete(unit);
    this.#tell();
  }

  #tell(): void {
    for (const session of this.#roster.connected()) session.send({ holds: this.value() });
  }
}
