import { randomUUID } from 'node:crypto';
import type { LedgerReport, ShadowOrder } from '../../edge/index.ts';
import { messageOf, systemClock, waitUntil, type Log } from '../../shared/index.ts';
import type { ConfigurationOrder } from '../configuration/configuration-order.ts';
import type { EndpointsByTarget } from '../endpoints/endpoint-directory.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type { FlagStanding, HoldOptions, UnitCounts } from '../unit/unit-runtime.ts';
import { EdgeLease } from './edge-lease.ts';
import { MarkLedger } from './mark-ledger.ts';
import { LEASE_MS } from './membership.ts';
import type { Beat, FromEdge, HoldOrder, ToEdge } from './messages.ts';
import type { PeerHandlers, JsonPeer } from './json-peer.ts';

/** What a link moves at its edge. */
export interface LinkedEdge {
  hold(unit: string, options: HoldOptions): Promise<boolean>;
  release(unit: string): void;
  counts(unit: string): UnitCounts;
  /** Takes a configuration up, or tries it; answers why not. */
  configure(order: ConfigurationOrder): string | undefined;
  flags(): FlagStanding;
  orderShadow(unit: string, order: ShadowOrder | undefined): void;
  /** Undefined when it has not changed since. */
  shadowLedger(unit: string, since?: Pick<LedgerReport, 'run' | 'revision'>): LedgerReport | undefined;
}

type Peer = Pick<JsonPeer<ToEdge, FromEdge>, 'send' | 'close' | 'isClosed'>;

export interface EdgeLinkParts {
  /** Rejects while control cannot be reached. */
  readonly connect: (handlers: PeerHandlers<ToEdge>) => Promise<Peer>;
  readonly states: {
    get(unit: string): UnitRecord | undefined;
    accept(records: readonly UnitRecord[]): void;
  };
  readonly endpoints: { accept(endpoints: EndpointsByTarget): void };
  readonly units: readonly string[];
  readonly log: Log;
  readonly leaseMs?: number;
}

export interface EdgeIdentity {
  /** The same after a restart; no other edge may have it. */
  readonly name: string;
  /** Where its admin listener answers; 0: nowhere. */
  readonly adminPort: number;
}

const LOOK_EVERY_MS = 100;
const PING_EVERY_MS = 250;
const COUNT_EVERY_MS = 1_000;
const LONGEST_JOIN_MS = 15_000;
const BACK_OFF_MS = [20, 50, 100, 200, 500];
/** Every ping is answered at once. */
const SILENCE_MS = 4 * PING_EVERY_MS;

/** An edge's end of its connection to control: carries out what it is told and knows for how long it may call itself live. */
export class EdgeLink {
  readonly #parts: EdgeLinkParts;
  readonly exchange = new MarkLedger({
    isLive: () => this.isLive(),
    isConnected: () => performance.now() - this.#heardAt < SILENCE_MS,
    isAlone: () => this.#lease.isAlone,
    send: (message) => this.#peer?.send(message),
  });
  readonly #incarnation = randomUUID();
  readonly #stop = new AbortController();
  readonly #lease: EdgeLease;
  readonly #holding = new Map<string, number>();
  /** What control was told last of each unit’s run, in this connection. */
  readonly #told = new Map<string, LedgerReport>();
  #edge: LinkedEdge | undefined;
  #identity: EdgeIdentity = { name: '', adminPort: 0 };
  #peer: Peer | undefined;
  #running: Promise<void> = Promise.resolve();
  #timers: NodeJS.Timeout[] = [];
  #heardAt = Number.NEGATIVE_INFINITY;
  /** The latest by which any control process spoke. */
  #term = 0;
  #wasLive = true;
  #isJoined = false;

  constructor(parts: EdgeLinkParts) {
    this.#parts = parts;
    this.#lease = new EdgeLease(parts.leaseMs);
  }

  /** True while control answers for what the other edges do. Costs a look at the clock. */
  isLive(): boolean {
    return this.#lease.isLive;
  }

  start(edge: LinkedEdge, identity: EdgeIdentity): void {
    this.#edge = edge;
    this.#identity = identity;
    this.#running = this.#stayConnected();
    this.#timers.push(setInterval(() => this.#look(), LOOK_EVERY_MS).unref());
    this.#timers.push(setInterval(() => this.#sendPing(), PING_EVERY_MS).unref());
    this.#timers.push(setInterval(() => this.#count(), COUNT_EVERY_MS).unref());
  }

  /**
   * Resolves when control has taken this edge in, with its configuration and where the units stand, or was silent for
   * `silenceMs`. One that speaks is waited for longer: what it is about to tell counts, not this edge's own files.
   */
  async joined(silenceMs: number): Promise<void> {
    const startedAt = performance.now();
    const isSilent = (): boolean => performance.now() - Math.max(startedAt, this.#heardAt) >= silenceMs;
    await waitUntil(() => this.#isJoined || isSilent(), { budgetMs: LONGEST_JOIN_MS, everyMs: 10 });
  }

  /** Says goodbye: to be called when the last request has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const timer of this.#timers) clearInterval(timer);
    this.#count();
    this.#peer?.send({ bye: true });
    this.#peer?.close();
    await this.#running;
  }

  async #stayConnected(): Promise<void> {
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      const reason = await this.#session(() => (failures = 0));
      if (signal.aborted) return;
      if (failures === 0) this.#parts.log.warn({ reason }, 'no connection to control');
      await systemClock.sleep(BACK_OFF_MS[failures++] ?? 500, signal);
    }
  }

  /** One connection, from its first message to its end; answers why it ended. */
  async #session(onTaken: () => void): Promise<string> {
    const ended = Promise.withResolvers<string>();
    let reason = 'the connection was lost';
    const message = (told: ToEdge): void => {
      if (told.refused) reason = `${told.refused.code}: ${told.refused.message}`;
      if (told.beat) onTaken();
      this.#take(told);
    };
    try {
      this.#peer = await this.#parts.connect({ message, closed: () => ended.resolve(reason) });
    } catch (error) {
      return messageOf(error);
    }
    this.#greet();
    return ended.promise;
  }

  #greet(): void {
    this.#heardAt = performance.now();
    this.#lease.restart();
    this.#holding.clear();
    this.#told.clear();
    const hello = { ...this.#identity, incarnation: this.#incarnation, marks: this.exchange.restart() };
    this.#peer?.send({ hello });
    this.#count();
  }

  /** What a control process says that leads no longer is not heard: it may have slept while another was leading. */
  #take({ term = this.#term, ...told }: ToEdge): void {
    if (term < this.#term) return this.#peer?.close();
    this.#term = term;
    this.#obey(told);
  }

  #obey({ records, endpoints, configuration, holds, runs, marks, gone, settled, beat }: Omit<ToEdge, 'term'>): void {
    this.#heardAt = performance.now();
    if (records) this.#learn(records);
    if (endpoints) this.#parts.endpoints.accept(endpoints);
    if (configuration) this.#configure(configuration);
    if (holds) this.#hold(holds);
    if (runs) for (const unit of this.#parts.units) this.#edge?.orderShadow(unit, runs[unit]);
    if (marks) this.exchange.take(marks);
    if (gone !== undefined) this.exchange.gone(gone);
    if (settled !== undefined) this.exchange.settled(settled);
    if (beat) this.#follow(beat);
  }

  #learn(records: readonly UnitRecord[]): void {
    const { states, units } = this.#parts;
    states.accept(records);
    const known = units.flatMap((unit) => states.get(unit) ?? []);
    this.#peer?.send({ epochs: Object.fromEntries(known.map(({ unit, epoch }) => [unit, epoch])) });
  }

  #configure(order: ConfigurationOrder): void {
    const problem = this.#edge?.configure(order);
    this.#peer?.send({ configured: { id: order.id, ...(problem !== undefined && { problem }) } });
  }

  /** Does what it has not done yet. Knows by now what the records say: they come first. */
  #hold(holds: Readonly<Record<string, HoldOrder>>): void {
    for (const unit of this.#parts.units) {
      const order = holds[unit];
      if (order && this.#holding.get(unit) !== order.order) void this.#carryOut(unit, order);
      if (order) continue;
      this.#holding.delete(unit);
      this.#edge?.release(unit);
    }
  }

  async #carryOut(unit: string, { order, budgetMs, keys }: HoldOrder): Promise<void> {
    this.#holding.set(unit, order);
    const drained = (await this.#edge?.hold(unit, { budgetMs, keys })) ?? false;
    if (this.#holding.get(unit) === order) this.#peer?.send({ held: { [unit]: { order, drained } } });
  }

  #follow(beat: Beat): void {
    const hasChanged = this.#lease.take(beat);
    if (beat.liveForMs > 0) this.#isJoined = true;
    if (!hasChanged) return;
    this.exchange.membershipChanged();
    this.#sendPing();
  }

  #look(): void {
    if (performance.now() - this.#heardAt > 3 * (this.#parts.leaseMs ?? LEASE_MS)) this.#peer?.close();
    this.exchange.look();
    const isLive = this.isLive();
    if (this.#wasLive && !isLive) this.#freeze();
    if (!this.#wasLive && isLive) this.#parts.log.warn({}, 'in touch with control again');
    this.#wasLive = isLive;
  }

  /** Nobody can say what the others do: writes of a unit that was being handed over must not go anywhere. */
  #freeze(): void {
    this.#parts.log.warn(
      {},
      'control answers for nothing: reads go to the owner, writes of units under a handover wait',
    );
    for (const unit of this.#parts.units) {
      const handover = this.#parts.states.get(unit)?.handover;
      if (handover) void this.#edge?.hold(unit, { budgetMs: 0, keys: handover.cohort?.keys });
    }
  }

  #sendPing(): void {
    if (this.#peer && !this.#peer.isClosed) this.#peer.send({ ping: this.#lease.ping() });
  }

  #count(): void {
    const edge = this.#edge;
    if (!edge) return;
    const counts = Object.fromEntries(this.#parts.units.map((unit) => [unit, edge.counts(unit)]));
    const ledgers = this.#parts.units.flatMap((unit) => this.#newsOf(edge, unit));
    this.#peer?.send({ counts, flags: edge.flags(), ...(ledgers.length > 0 && { ledgers }) });
  }

  #newsOf(edge: LinkedEdge, unit: string): LedgerReport[] {
    const report = edge.shadowLedger(unit, this.#told.get(unit));
    if (!report || report.run === '') return [];
    this.#told.set(unit, report);
    return [report];
  }
}
