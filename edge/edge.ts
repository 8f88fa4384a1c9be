import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FlagHealth } from '../flags/index.ts';
import { systemClock, type Clock } from '../shared/index.ts';
import { Attempts } from './breaker/attempts.ts';
import type { EdgeChanges, ServiceStanding } from './configuration.ts';
import { CurrentConfiguration, type ReloadOptions } from './current-configuration.ts';
import type { Middleware, Unmatched } from './embed/middleware.ts';
import { Entrance } from './entrance.ts';
import { ForwardStep } from './forward/forward-step.ts';
import type { Forwarder } from './forward/forwarder.ts';
import { MiddlewareForwarder } from './forward/middleware-forwarder.ts';
import { openForwarder } from './forward/open-forwarder.ts';
import { UpgradedSockets } from './forward/upgraded-sockets.ts';
import { UpgradeStep } from './forward/upgrade-step.ts';
import { openPolicy } from './hygiene/policy.ts';
import { splitHeaders } from './identify/carriers.ts';
import type { Identifier } from './identify/identifier.ts';
import { IdentifyStep } from './identify/identify-step.ts';
import { IdentityTokens } from './identify/identity-token.ts';
import { openIdentification } from './identify/open-identifier.ts';
import { SecretSigner } from './identify/token-signer.ts';
import type { Journey } from './journey.ts';
import { openRateStore } from './limit/open-rate-store.ts';
import type { RateStore } from './limit/rate-store.ts';
import { Listener } from './listen/listener.ts';
import { createAdmin, type Admin } from './observe/admin.ts';
import type { RequestRecorder } from './record/request-recorder.ts';
import { UnitRecorder } from './record/unit-recorder.ts';
import { EdgeMetrics } from './observe/metrics.ts';
import type { ObserveStep } from './observe/observe-step.ts';
import { openObserve } from './observe/open-observe.ts';
import { registerTargetMetrics } from './observe/target-metrics.ts';
import { defaultLimits, type EdgeLimits, type EdgeOptions } from './options.ts';
import type { WritePeriods } from './decide/write-times.ts';
import type { LedgerReport } from './shadow/run/report.ts';
import type { ShadowOrder } from './shadow/run/run.ts';
import type { ShadowCounts } from './shadow/shadow.ts';
import { Travel } from './travel.ts';
import { UnitGates } from './unit-gates.ts';

/** What an edge has counted in a unit, since its start where nothing else is said. */
export interface UnitCounts {
  /** Requests that wait now: for the end of a hold, or for the own write of their subject. */
  readonly waits: { readonly hold: number; readonly ownWrite: number };
  /** How the unit's service is. */
  readonly service: ServiceStanding;
  /** Reads of the last minute that came as far as the markers, and those kept on the owner by them. */
  readonly reads: number;
  readonly pinned: number;
  /** When writes were inside. */
  readonly writing: WritePeriods;
  /** The brownout that somebody has ended here who must not be broken. */
  readonly brownoutEnded?: number;
}

export interface Edge {
  /** Opens a port for HTTP/1.1; 0 takes a free one. */
  listen(port: number, host?: string): Promise<{ port: number }>;
  /** Opens a port for TLS, with HTTP/2 or HTTP/1.1 as the client can. Throws EDGE_TLS_UNUSABLE. */
  listenTls(port: number, host?: string): Promise<{ port: number }>;
  /** Opens a port for HTTP/2 without TLS, for clients that know it. */
  listenHttp2(port: number, host?: string): Promise<{ port: number }>;
  /** A second listener for /metrics, /healthz, /readyz and the kill switch. */
  listenAdmin(port: number, host?: string): Promise<{ port: number }>;
  close(): Promise<void>;
  /**
   * Stops letting writes of the unit in. True when those inside have all ended within the budget; new ones wait, each
   * up to its own budget, and are then answered 503 with Retry-After. With keys, only writes of these subjects, and those of
   * nobody.
   */
  hold(unit: string, options: { budgetMs: number; keys?: readonly string[] | undefined }): Promise<boolean>;
  release(unit: string): void;
  /** What mirroring has found since the start. */
  shadow(unit: string): ShadowCounts;
  /** Has a run of mirroring begin, go on, or, with nothing, end. Without orders reads are mirrored at stage shadow. */
  orderShadow(unit: string, order: ShadowOrder | undefined): void;
  /** What was seen of the last run; undefined when that has not changed since. */
  shadowLedger(unit: string, since?: Pick<LedgerReport, 'run' | 'revision'>): LedgerReport | undefined;
  counts(unit: string): UnitCounts;
  /** Has requests recorded as they go by. */
  readonly recorder: RequestRecorder;
  /** How much the flags it decides by can be trusted. */
  flags(): FlagHealth;
  /**
   * Takes up another configuration at once, whole or not at all: throws with all that is wrong, and goes on with the old
   * one. Requests under way end as they began.
   */
  reload(changes: EdgeChanges | (() => EdgeChanges), how?: ReloadOptions): void;
  /** Every request as a server of your own got it: `createServer(edge.handler)`. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** The same as a step between others; see `mountEdge`. */
  middleware(unmatched: Unmatched): Middleware;
  /** Whether a request is for a route of a plan. */
  isRouted(request: IncomingMessage): boolean;
  readonly upgradeHandler: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** How long the door stays shut for the keys of issuers and machines. Who comes before they are there waits, or is nobody. */
const IDENTIFY_MS = 1_000;

export function createEdge(options: EdgeOptions): Edge {
  return new EdgeServer(options);
}

/**
 * The request's journey in six steps: hygiene → match (`Entrance`) → identify → decide → forward → observe (`Travel`).
 * Here they are put together, opened, told what control orders, and closed.
 */
class EdgeServer implements Edge {
  readonly handler: Edge['handler'];
  readonly upgradeHandler: Edge['upgradeHandler'];
  readonly recorder: RequestRecorder;
  readonly #options: EdgeOptions;
  readonly #limits: EdgeLimits;
  readonly #clock: Clock;
  readonly #gates: UnitGates;
  readonly #rateStore: RateStore;
  readonly #configuration: CurrentConfiguration;
  readonly #identifier: Identifier;
  readonly #identify: IdentifyStep;
  readonly #identifying: Promise<void>;
  readonly #forwarder: Forwarder;
  readonly #middleware: MiddlewareForwarder;
  readonly #forward: ForwardStep;
  readonly #observe: ObserveStep;
  readonly #travel: Travel;
  readonly #entrance: Entrance;
  readonly #upgraded: UpgradedSockets;
  readonly #listener: Listener;
  readonly #admin: Admin;
  #isClosing = false;

  constructor(options: EdgeOptions) {
    this.#options = options;
    const { registry, log } = options;
    this.#clock = options.clock ?? systemClock;
    this.#limits = {
      ...defaultLimits,
      ...options.limits,
      lookup: (...args) => this.#configuration.now.targets.allowed.lookup(...args),
    };
    const [clock, limits] = [this.#clock, this.#limits];
    const metrics = new EdgeMetrics(registry);
    const policy = openPolicy(limits.maxHeaders, options.trustedProxies);
    this.#gates = new UnitGates({ options, limits, clock, metrics });
    this.#rateStore = openRateStore(options, metrics);
    const living = { gates: this.#gates.all, metrics, clock, rateStore: this.#rateStore };
    this.#configuration = new CurrentConfiguration(options, living);
    const identification = openIdentification(options, { clock, mayLink: (...who) => this.#gates.mayLink(...who) });
    this.#identifier = identification.identifier;
    this.#identify = new IdentifyStep(identification, options.subject);
    this.#identifying = this.#identifier.start();
    this.#middleware = new MiddlewareForwarder(limits);
    this.#forwarder = openForwarder(options.forwarder, limits);
    metrics.watchPools(() => this.#forwarder.pools());
    this.#forward = this.#openForward();
    this.#observe = openObserve(options, metrics, policy, (journey) => this.#forward.tokenSourceOf(journey));
    const judged = registerTargetMetrics(registry, () => this.#configuration.now);
    const attempts = new Attempts({ firstByteMs: limits.firstByteMs, totalMs: limits.totalMs, judged });
    const steps = { identify: this.#identify, forward: this.#forward, observe: this.#observe, attempts };
    const configuration = this.#configuration;
    this.#travel = new Travel({ configuration, policy, clock, log, ...steps });
    this.#entrance = new Entrance({ configuration, policy, log, observe: this.#observe, travel: this.#travel });
    this.handler = (request, response) => this.#entrance.takeMounted(request, response);
    this.#upgraded = new UpgradedSockets(limits.webSocketIdleMs);
    this.upgradeHandler = this.#openUpgrades();
    this.#listener = this.#openListener();
    this.recorder = new UnitRecorder(this.#gates.all);
    this.#admin = this.#openAdmin();
  }

  async listen(port: number, host = '127.0.0.1'): Promise<{ port: number }> {
    await this.#open();
    return this.#listener.listen(port, host);
  }

  async listenTls(port: number, host = '127.0.0.1'): Promise<{ port: number }> {
    await this.#open();
    return this.#listener.listenTls(port, host);
  }

  async listenHttp2(port: number, host = '127.0.0.1'): Promise<{ port: number }> {
    await this.#open();
    return this.#listener.listenHttp2(port, host);
  }

  listenAdmin(port: number, host = '127.0.0.1'): Promise<{ port: number }> {
    return this.#admin.listen(port, host);
  }

  /**
   * First says that it is not ready, to whoever sends clients here; then takes no new connections, finishes what is under
   * way, tells clients that keep theirs to go, and ends after the drain budget in any case.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#entrance.isClosing = true;
    const { limits } = this.#configuration.now;
    if (limits.unreadyMs > 0 && this.#listener.isListening) await this.#clock.sleep(limits.unreadyMs);
    await this.#listener.drain(limits);
    await this.#admin.close();
    await this.#identifier.stop();
    await this.#forwarder.close();
    await this.#middleware.close();
    await this.#configuration.close();
    await this.#gates.close();
    await this.#rateStore.close();
    await this.#observe.close();
  }

  hold(unit: string, { budgetMs, keys }: Parameters<Edge['hold']>[1]): Promise<boolean> {
    return this.#gates.of(unit).hold.hold(budgetMs, keys);
  }

  release(unit: string): void {
    this.#gates.of(unit).hold.release();
  }

  shadow(unit: string): ShadowCounts {
    return this.#gates.of(unit).shadow.counts();
  }

  orderShadow(unit: string, order: ShadowOrder | undefined): void {
    this.#gates.of(unit).shadow.order(order);
  }

  shadowLedger(unit: string, since?: Pick<LedgerReport, 'run' | 'revision'>): LedgerReport | undefined {
    return this.#gates.of(unit).shadow.ledger(since);
  }

  flags(): FlagHealth {
    return this.#options.flags.health();
  }

  counts(unit: string): UnitCounts {
    const { waits, pinned, hold: writes, brownout } = this.#gates.of(unit);
    const { endedId } = brownout;
    const { hold, 'own-write': ownWrite } = waits.counts;
    const service = this.#configuration.now.standingOf(unit);
    const waiting = { hold: hold.waiting, ownWrite: ownWrite.waiting };
    return {
      ...pinned.value(),
      waits: waiting,
      service,
      writing: writes.times.value(),
      ...(endedId !== undefined && { brownoutEnded: endedId }),
    };
  }

  reload(changes: EdgeChanges | (() => EdgeChanges), how?: ReloadOptions): void {
    this.#configuration.reload(changes, how);
  }

  middleware(unmatched: Unmatched): Middleware {
    return this.#entrance.middleware(unmatched);
  }

  isRouted(request: IncomingMessage): boolean {
    return this.#entrance.isRouted(request);
  }

  /** What is to be done before the first request comes. */
  async #open(): Promise<void> {
    this.#gates.open();
    const enough = new AbortController();
    await Promise.race([this.#identifying, this.#clock.sleep(IDENTIFY_MS, enough.signal)]);
    enough.abort();
  }

  #openListener(): Listener {
    return new Listener({
      plain: this.#forwarder.carriesWhole,
      limits: this.#limits,
      rejected: (problem) => this.#observe.refused(problem),
      handler: (request, response) => this.#entrance.take(request, response),
      upgrade: this.upgradeHandler,
      upgraded: this.#upgraded,
      tls: this.#options.tls,
      log: this.#options.log,
    });
  }

  #openAdmin(): Admin {
    const { registry, adminToken: token, killSwitch, writeLatch, identityKeys } = this.#options;
    const isReady = (): boolean => (this.#listener.isListening || this.#entrance.isMounted) && !this.#isClosing;
    const units = this.#gates.all;
    const { recorder } = this;
    return createAdmin({ registry, token, isReady, units, recorder, killSwitch, writeLatch, identityKeys });
  }

  #openForward(): ForwardStep {
    const { identityKey = '', identityKeys, explain: explains = false } = this.#options;
    const tokens = new IdentityTokens(identityKeys ?? new SecretSigner(identityKey), this.#clock);
    const { connectionsPerRoute: room, queue, firstByteMs: waitMs, unknownOutcomeMs } = this.#limits;
    return new ForwardStep({
      forwarder: this.#forwarder,
      tokens,
      gates: this.#gates.all,
      clients: this.#gates.clients,
      exchange: this.#options.exchange,
      unknownOutcomeMs,
      explains,
      splitHeaders: splitHeaders(this.#options.subject),
      bulkhead: { room, queue, waitMs },
    });
  }

  #openUpgrades(): Edge['upgradeHandler'] {
    const step = new UpgradeStep({
      enter: async (request, response) => {
        const journey = this.#entrance.enter(request, response);
        if (!('code' in journey)) await this.#identify.take(journey);
        return journey;
      },
      forward: this.#middleware,
      observe: this.#observe,
      sockets: this.#upgraded,
      origins: this.#options.webSocketOrigins,
      tokenOf: (journey: Journey) => this.#forward.tokenOf(journey),
      countRate: (journey, gate) => this.#travel.countRate(journey, gate),
    });
    return (request, socket, head) => void step.take(request, socket, head);
  }
}
