import type { LedgerReport, ShadowOrder } from '../../edge/index.ts';
import { isBanyanError, messageOf, waitUntil, type Log } from '../../shared/index.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type {
  EdgeGroup,
  EdgeStanding,
  FlagStanding,
  HoldOptions,
  ServiceStanding,
  UnitCounts,
} from '../unit/unit-runtime.ts';
import type { ConfigurationOrder, EdgeConfigured } from '../configuration/configuration-order.ts';
import type { EndpointsByTarget } from '../endpoints/endpoint-directory.ts';
import { EdgeOrders } from './edge-orders.ts';
import { EdgeRoster, type RosterParts } from './edge-roster.ts';
import type { EdgeSession } from './edge-session.ts';
import type { JsonPeer } from './json-peer.ts';
import { MarkRelay } from './mark-relay.ts';
import type { FromEdge, ToEdge } from './messages.ts';
import { WritingHistory } from './writing-history.ts';

export interface EdgeHubParts extends Omit<RosterParts, 'onGone' | 'now'> {
  /** Where the units stand: told to the edges at every change. */
  readonly states: {
    value(): readonly UnitRecord[];
    onChange(listener: () => void): () => void;
  };
  /** Who has registered as an endpoint: told to the edges at every change. */
  readonly endpoints: {
    value(): EndpointsByTarget;
    onChange(listener: () => void): () => void;
  };
  /** By which this control process leads. */
  readonly term: number;
  /** False once its lease has ended: somebody else may lead, with other edges. */
  readonly leads: () => boolean;
  readonly log: Log;
}

type Peer = Pick<JsonPeer<FromEdge, ToEdge>, 'send' | 'close'>;

/** Control's end of a connection, as the transport drives it. */
export interface Attendant {
  take(message: FromEdge): void;
  closed(): void;
}

const LOOK_EVERY_MS = 100;
const PROBE_EVERY_MS = 1_000;

/** All edges of this control process: who there is, what they are told, and what they answer. */
export class EdgeHub implements EdgeGroup {
  readonly #parts: EdgeHubParts;
  readonly #roster: EdgeRoster;
  readonly #orders: EdgeOrders;
  readonly #relay: MarkRelay;
  readonly #writing = new WritingHistory();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #unsubscribe: (() => void)[] = [];
  #runs: Readonly<Record<string, ShadowOrder>> = {};
  /** The one in force. */
  #configuration: ConfigurationOrder | undefined;

  constructor(parts: EdgeHubParts) {
    this.#parts = parts;
    this.#roster = new EdgeRoster({ ...parts, now, onGone: (name) => this.#farewell(name) });
    this.#orders = new EdgeOrders(this.#roster, parts.log);
    this.#relay = new MarkRelay(this.#roster, now);
  }

  /** Waits for no edge. Units whose handover was interrupted stay held until that is settled. */
  async start(): Promise<void> {
    const { states, endpoints } = this.#parts;
    await this.#roster.load();
    for (const { unit, handover } of states.value()) if (handover) this.#orders.keepHeld(unit, handover.cohort?.keys);
    this.#unsubscribe.push(states.onChange(() => this.#tellRecords()));
    this.#unsubscribe.push(endpoints.onChange(() => this.#tellEndpoints()));
    this.#timers.push(setInterval(() => this.#look(), LOOK_EVERY_MS).unref());
    this.#timers.push(setInterval(() => void this.#roster.probe(), PROBE_EVERY_MS).unref());
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const session of this.#roster.connected()) session.close();
  }

  /** Attends to one connection; `host` is where it comes from. */
  attend(peer: Peer, host: string): Attendant {
    let session: EdgeSession | undefined;
    return {
      take: (message) => {
        if (message.hello) session = this.#welcome(message, peer, host);
        if (session) this.#take(session, message);
      },
      closed: () => {
        if (session) this.#roster.lose(session);
      },
    };
  }

  hold(unit: string, options: HoldOptions): Promise<boolean> {
    return this.#orders.hold(unit, options);
  }

  release(unit: string, epoch: number): Promise<void> {
    return this.#orders.release(unit, epoch);
  }

  orderRuns(runs: Readonly<Record<string, ShadowOrder>>): void {
    this.#runs = runs;
    for (const session of this.#roster.connected()) session.send({ runs });
  }

  ledgers(): LedgerReport[] {
    return this.#roster.connected().flatMap(({ ledgers }) => [...ledgers.values()]);
  }

  async configure(order: ConfigurationOrder, budgetMs: number): Promise<EdgeConfigured[]> {
    if (order.purpose === 'apply') this.#configuration = order;
    const startedAt = now();
    const sessions = this.#roster.connected();
    for (const session of sessions) session.send({ configuration: order });
    const isDone = (): boolean => sessions.every(({ configured }) => configured?.id === order.id);
    await waitUntil(isDone, { budgetMs, everyMs: 2 });
    const answers = sessions.map((session) => answerOf(session, order.id, startedAt));
    return [...answers, ...this.#roster.silent().map((edge) => ({ edge }))];
  }

  edges(): EdgeStanding[] {
    return this.#roster.standings();
  }

  forget(name: string): void {
    this.#roster.forget(name);
  }

  counts(unit: string): UnitCounts | undefined {
    const told = this.#roster.connected().map(({ counts }) => counts?.[unit]);
    if (this.#roster.silent().length > 0 || told.length === 0) return undefined;
    const known = told.filter((one) => one !== undefined);
    if (known.length < told.length) return undefined;
    const names = new Set(this.#roster.connected().map(({ name }) => name));
    const writing = this.#writing.of(unit, names, now());
    return { ...sumOf(known), ...(writing && { writing }) };
  }

  flags(): FlagStanding | undefined {
    const told = this.#roster.connected().map(({ flags }) => flags);
    const known = told.filter((flags) => flags !== undefined);
    if (this.#roster.silent().length > 0 || known.length === 0 || known.length < told.length) return undefined;
    const ageMs = Math.max(...known.map((flags) => flags.ageMs));
    return { ageMs, isStale: known.some(({ isStale }) => isStale) };
  }

  #welcome({ hello }: FromEdge, peer: Peer, host: string): EdgeSession | undefined {
    if (!hello) return undefined;
    try {
      const session = this.#roster.admit(hello, host, peer);
      const { term, states, endpoints } = this.#parts;
      const told = {
        term,
        records: states.value(),
        endpoints: endpoints.value(),
        holds: this.#orders.value(),
        runs: this.#runs,
      };
      session.send({ ...told, ...(this.#configuration && { configuration: this.#configuration }) });
      this.#relay.join(session);
      this.#greetAll();
      return session;
    } catch (error) {
      const code = isBanyanError(error) ? error.code : 'CONTROL_FAILED';
      this.#parts.log.warn({ edge: hello.name, code, problem: messageOf(error) }, 'an edge was refused');
      peer.send({ refused: { code, message: messageOf(error) } });
      peer.close();
      return undefined;
    }
  }

  #take(session: EdgeSession, message: FromEdge): void {
    session.heardAt = now();
    const { marks = [], ends = [], ack, ping, epochs, held, counts, flags, bye } = message;
    if (marks.length > 0 || ends.length > 0) this.#relay.take(session, marks, ends);
    if (ack !== undefined) this.#relay.ack(session, ack);
    if (ping) this.#answerPing(session, ping);
    if (epochs) Object.assign(session.epochs, epochs);
    if (held) Object.assign(session.held, held);
    if (counts) this.#count(session, counts);
    if (message.configured) session.configured = { ...message.configured, at: now() };
    if (flags) session.flags = flags;
    for (const report of message.ledgers ?? []) session.hear(report);
    if (bye) this.#roster.leave(session);
  }

  #count(session: EdgeSession, counts: Readonly<Record<string, UnitCounts>>): void {
    session.counts = counts;
    this.#writing.hear(session.name, counts, now());
  }

  /** What comes before the beat in this connection was sent before it: whoever deals with the beat knows all of that. */
  #answerPing(session: EdgeSession, { number, echo }: NonNullable<FromEdge['ping']>): void {
    const { membership } = this.#roster;
    const at = now();
    const echoed = session.sentAt(echo);
    if (echoed !== undefined) membership.echo(session.name, echoed);
    const mayGrant = this.#parts.leads() && this.#knowsRecords(session);
    const liveForMs = mayGrant ? membership.grant(session.name, at) : 0;
    this.#beat(session, number, liveForMs, at);
  }

  #look(): void {
    this.#roster.endSilent();
    this.#relay.settle();
  }

  /** The others hear what is not known of its writes before they hear that it is gone. */
  #farewell(name: string): void {
    this.#relay.remove(name);
    this.#greetAll();
  }

  /** Tells everybody at once that an edge has come or gone: nobody is live until all have seen it. */
  #greetAll(): void {
    for (const session of this.#roster.connected()) this.#beat(session, 0, 0, now());
  }

  #beat(session: EdgeSession, ping: number, liveForMs: number, at: number): void {
    const { version, size } = this.#roster.membership;
    session.sendBeat({ ping, liveForMs, membership: version, others: size - 1 }, at);
  }

  #knowsRecords({ epochs }: EdgeSession): boolean {
    return this.#parts.states.value().every(({ unit, epoch }) => (epochs[unit] ?? epoch) >= epoch);
  }

  #tellEndpoints(): void {
    const endpoints = this.#parts.endpoints.value();
    for (const session of this.#roster.connected()) session.send({ endpoints });
  }

  #tellRecords(): void {
    const records = this.#parts.states.value();
    for (const session of this.#roster.connected()) session.send({ records });
  }
}

function sumOf(all: readonly UnitCounts[]): UnitCounts {
  const add = (pick: (one: UnitCounts) => number): number => all.reduce((sum, one) => sum + pick(one), 0);
  const tellsWaits = all.every(({ waits }) => waits !== undefined);
  const service = worstOf(all);
  const ended = all.flatMap(({ brownoutEnded }) => brownoutEnded ?? []);
  return {
    reads: add(({ reads }) => reads),
    pinned: add(({ pinned }) => pinned),
    ...(tellsWaits && {
      waits: { hold: add(({ waits }) => waits?.hold ?? 0), ownWrite: add(({ waits }) => waits?.ownWrite ?? 0) },
    }),
    ...(service && { service }),
    ...(ended.length > 0 && { brownoutEnded: Math.max(...ended) }),
  };
}

/** The worst of what they say; nothing while one of them does not. */
function worstOf(all: readonly UnitCounts[]): ServiceStanding | undefined {
  const told = all.flatMap(({ service }) => service ?? []);
  if (told.length < all.length || told.length === 0) return undefined;
  return {
    endpoints: Math.max(...told.map(({ endpoints }) => endpoints)),
    usable: Math.min(...told.map(({ usable }) => usable)),
    brokenRoutes: Math.max(...told.map(({ brokenRoutes }) => brokenRoutes)),
  };
}

function answerOf({ name: edge, configured }: EdgeSession, id: string, startedAt: number): EdgeConfigured {
  if (configured?.id !== id) return { edge };
  const { problem, at } = configured;
  return { edge, ms: Math.round(at - startedAt), ...(problem !== undefined && { problem }) };
}

function now(): number {
  return performance.now();
}
