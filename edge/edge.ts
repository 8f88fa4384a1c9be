import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FlagHealth } from '../flags/index.ts';
import { messageOf, systemClock, waitUntil, type Clock } from '../shared/index.ts';
import { EdgeConfiguration, unitsOf, type EdgeChanges, type ServiceStanding } from './configuration.ts';
import type { AnyRequest, ClientRequest, ClientResponse } from './client.ts';
import { createAdmin, type Admin } from './observe/admin.ts';
import { Attempts } from './breaker/attempts.ts';
import { probeWithCopy } from './breaker/probe.ts';
import type { Decision } from './decide/decide.ts';
import { mayLink } from './decide/link-rule.ts';
import { Overrides } from './decide/override.ts';
import { ForwardStep } from './forward/forward-step.ts';
import type { Forwarder, ForwardOutcome } from './forward/forwarder.ts';
import { openForwarder } from './forward/open-forwarder.ts';
import {
  isBodyRead,
  withOriginalUrl,
  type Middleware,
  type MountedRequest,
  type Unmatched,
} from './embed/middleware.ts';
import { cleanse, type CleanRequest } from './hygiene/cleanse.ts';
import { clientAddress } from './hygiene/forwarding-headers.ts';
import { openPolicy, type HygienePolicy } from './hygiene/policy.ts';
import type { Caller } from './identify/caller.ts';
import { splitHeaders } from './identify/carriers.ts';
import { IdentifyStep } from './identify/identify-step.ts';
import { IdentityTokens } from './identify/identity-token.ts';
import type { Identifier } from './identify/identifier.ts';
import { SecretSigner } from './identify/token-signer.ts';
import { openIdentification } from './identify/open-identifier.ts';
import { Journey } from './journey.ts';
import { Listener } from './listen/listener.ts';
import type { RateGate } from './limit/rate-gate.ts';
import { openRateStore } from './limit/open-rate-store.ts';
import type { RateStore } from './limit/rate-store.ts';
import { matchRoute } from './match/match-route.ts';
import type { ForeignMark } from './markers/mark-exchange.ts';
import { MarkedClients } from './markers/marked-clients.ts';
import { MarkerCookie } from './markers/marker-cookie.ts';
import { EdgeMetrics } from './observe/metrics.ts';
import { ConfigurationMetrics } from './observe/configuration-metrics.ts';
import { registerKillMetric } from './observe/kill-metric.ts';
import { registerMarkerMetrics } from './observe/marker-metrics.ts';
import { PINNED_LOOK_MS } from './observe/pinned-share.ts';
import { registerWaitMetrics } from './observe/wait-metrics.ts';
import { registerTargetMetrics } from './observe/target-metrics.ts';
import { MiddlewareForwarder } from './forward/middleware-forwarder.ts';
import { defaultLimits, type EdgeLimits, type EdgeOptions } from './options.ts';
import type { ObserveStep } from './observe/observe-step.ts';
import { openObserve } from './observe/open-observe.ts';
import { ALLOWED, brokenProblem, problems, type EdgeProblem } from './problem.ts';
import type { ShadowReport } from './shadow/shadow.ts';
import { UnitGate } from './decide/unit-gate.ts';
import { UpgradedSockets } from './forward/upgraded-sockets.ts';
import { UpgradeStep, type Entrance, type UpgradeParts } from './forward/upgrade-step.ts';

/** What an edge has counted in a unit, since its start where nothing else is said. */
export interface UnitCounts {
  /** Mirrored reads that were compared, and those that differed. */
  readonly samples: number;
  readonly mismatches: number;
  /** Requests that wait now: for the end of a hold, or for the own write of their subject. */
  readonly waits: { readonly hold: number; readonly ownWrite: number };
  /** How the unit's service is. */
  readonly service: ServiceStanding;
  /** Reads of the last minute that came as far as the markers, and those kept on the owner by them. */
  readonly reads: number;
  readonly pinned: number;
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
   * up to its own budget, and are then answered 503 with Retry-After.
   */
  hold(unit: string, options: { budgetMs: number }): Promise<boolean>;
  release(unit: string): void;
  shadow(unit: string): ShadowReport;
  counts(unit: string): UnitCounts;
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

/** `try` and `dry-run` change nothing in any case; a dry run that is refused is not counted either. */
export interface ReloadOptions {
  readonly revision?: number;
  readonly purpose?: 'apply' | 'try' | 'dry-run';
}

export function createEdge(options: EdgeOptions): Edge {
  return new EdgeServer(options);
}

/**
 * The request's journey in six steps: hygiene → match → identify → decide → forward → observe. Until the request is
 * forwarded nothing waits, except for a hold at a cutover and for a subject's own write on its way back to legacy.
 */
class EdgeServer implements Edge {
  readonly handler: Edge['handler'];
  readonly upgradeHandler: Edge['upgradeHandler'];
  readonly #options: EdgeOptions;
  readonly #limits: EdgeLimits;
  readonly #policy: HygienePolicy;
  readonly #clock: Clock;
  readonly #metrics: EdgeMetrics;
  readonly #clients: MarkedClients;
  readonly #gates: ReadonlyMap<string, UnitGate>;
  readonly #overrides: Overrides | undefined;
  readonly #identifier: Identifier;
  readonly #identify: IdentifyStep;
  readonly #identifying: Promise<void>;
  readonly #forwarder: Forwarder;
  readonly #middleware: MiddlewareForwarder;
  readonly #forward: ForwardStep;
  readonly #observe: ObserveStep;
  readonly #rateStore: RateStore;
  readonly #attempts: Attempts;
  readonly #listener: Listener;
  readonly #upgraded: UpgradedSockets;
  readonly #admin: Admin;
  readonly #sweeper: NodeJS.Timeout;
  readonly #configurations: ConfigurationMetrics;
  readonly #looker: NodeJS.Timeout;
  #configuration: EdgeConfiguration;
  #isClosing = false;
  /** Requests come in from a server that is not ours. */
  #isMounted = false;

  constructor(options: EdgeOptions) {
    this.#options = options;
    this.#limits = {
      ...defaultLimits,
      ...options.limits,
      lookup: (...args) => this.#configuration.targets.allowed.lookup(...args),
    };
    this.#policy = openPolicy(this.#limits.maxHeaders, options.trustedProxies);
    this.#clock = options.clock ?? systemClock;
    this.#metrics = new EdgeMetrics(options.registry);
    const { edgeKey: key, edgeKeyBefore: former, identityKey, registry } = options;
    this.#overrides = key ? new Overrides({ key, clock: this.#clock, registry }) : undefined;
    // Without a key that others know the marks hold at this edge.
    const cookieKey = key || identityKey || randomUUID();
    const cookie = new MarkerCookie([cookieKey, ...(former ? [former] : [])]);
    this.#clients = new MarkedClients(cookie, this.#clock, () => this.#metrics.markRefused());
    this.#gates = new Map([...unitsOf(options)].map((unit) => [unit, this.#openGate(unit)]));
    options.exchange?.follow({
      begun: (mark) => this.#gates.get(mark.unit)?.markers.begunElsewhere(mark) ?? NOT_OURS,
      membershipChanged: () => this.#gates.forEach((gate) => gate.raiseFloor()),
    });
    registerKillMetric(options.registry, this.#gates);
    registerMarkerMetrics({ registry: options.registry, gates: this.#gates, exchange: options.exchange });
    this.#rateStore = openRateStore(options, this.#metrics);
    registerWaitMetrics(options.registry, this.#gates);
    this.#configuration = this.#configure(options);
    this.#configuration.targets.start();
    this.#configurations = new ConfigurationMetrics(options.registry);
    const mayFollow = (visitor: Caller, person: Caller): boolean => mayLink(this.#gates.values(), visitor, person);
    const identification = openIdentification(options, { clock: this.#clock, mayLink: mayFollow });
    this.#identifier = identification.identifier;
    this.#identify = new IdentifyStep(identification, options.subject);
    this.#identifying = this.#identifier.start();
    this.#middleware = new MiddlewareForwarder(this.#limits);
    this.#forwarder = openForwarder(options.forwarder, this.#limits);
    this.#metrics.watchPools(() => this.#forwarder.pools());
    this.#forward = this.#openForward();
    const tokenOf = (journey: Journey): string | undefined => this.#forward.tokenOf(journey);
    this.#observe = openObserve(options, this.#metrics, this.#policy, tokenOf);
    const { firstByteMs, totalMs } = this.#limits;
    const judged = registerTargetMetrics(options.registry, () => this.#configuration);
    this.#attempts = new Attempts({ firstByteMs, totalMs, judged });
    this.handler = (request, response) => this.#handleMounted(request, response);
    this.#upgraded = new UpgradedSockets(this.#limits.webSocketIdleMs);
    this.upgradeHandler = this.#openUpgrades();
    this.#listener = new Listener({
      plain: this.#forwarder.carriesWhole,
      limits: this.#limits,
      rejected: (problem) => this.#observe.refused(problem),
      handler: (request, response) => this.#handle(request, response),
      upgrade: this.upgradeHandler,
      upgraded: this.#upgraded,
      tls: options.tls,
      log: options.log,
    });
    this.#admin = createAdmin({
      registry: options.registry,
      token: options.adminToken,
      isReady: () => (this.#listener.isListening || this.#isMounted) && !this.#isClosing,
      units: this.#gates,
      killSwitch: options.killSwitch,
      identityKeys: options.identityKeys,
    });
    this.#sweeper = setInterval(() => this.#sweep(), 250);
    this.#sweeper.unref();
    this.#looker = setInterval(() => this.#gates.forEach(({ pinned }) => pinned.look()), PINNED_LOOK_MS).unref();
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
    clearInterval(this.#sweeper);
    clearInterval(this.#looker);
    const { limits } = this.#configuration;
    if (limits.unreadyMs > 0 && this.#listener.isListening) await this.#clock.sleep(limits.unreadyMs);
    await this.#listener.drain(limits);
    await this.#admin.close();
    await this.#identifier.stop();
    await this.#forwarder.close();
    await this.#middleware.close();
    await this.#configuration.targets.stop();
    await Promise.all([...this.#gates.values()].map((gate) => gate.close()));
    await this.#rateStore.close();
    await this.#observe.close();
  }

  hold(unit: string, { budgetMs }: { budgetMs: number }): Promise<boolean> {
    return this.#gate(unit).hold.hold(budgetMs);
  }

  release(unit: string): void {
    this.#gate(unit).hold.release();
  }

  shadow(unit: string): ShadowReport {
    return this.#gate(unit).shadow.report();
  }

  flags(): FlagHealth {
    return this.#options.flags.health();
  }

  counts(unit: string): UnitCounts {
    const { shadow, waits, pinned } = this.#gate(unit);
    const { samples, mismatches } = shadow.report();
    const { hold, 'own-write': ownWrite } = waits.counts;
    const service = this.#configuration.standingOf(unit);
    const waiting = { hold: hold.waiting, ownWrite: ownWrite.waiting };
    return { samples, mismatches, ...pinned.value(), waits: waiting, service };
  }

  middleware(unmatched: Unmatched): Middleware {
    return (request, response, next) => {
      const pass = unmatched === 'next' ? next : undefined;
      withOriginalUrl(request, () => this.#handleMounted(request, response, pass));
    };
  }

  isRouted(request: IncomingMessage): boolean {
    const clean = cleanse(request, this.#policy);
    return !('problem' in clean) && this.#match(request, clean) !== undefined;
  }

  reload(changes: EdgeChanges | (() => EdgeChanges), { revision = 0, purpose = 'apply' }: ReloadOptions = {}): void {
    const before = this.#configuration;
    try {
      const changed = typeof changes === 'function' ? changes() : changes;
      const next = this.#configure({ ...before.options, ...changed });
      if (purpose === 'apply') this.#swap(before, next, revision);
    } catch (error) {
      this.#options.log.error({ problem: messageOf(error), purpose }, 'configuration refused; the old one stays');
      if (purpose !== 'dry-run') this.#configurations.refused();
      throw error;
    }
  }

  #swap(before: EdgeConfiguration, next: EdgeConfiguration, revision: number): void {
    this.#configuration = next;
    next.targets.start(before.targets);
    void before.targets.stop(next.targets);
    this.#configurations.applied(revision);
  }

  #handle(request: AnyRequest, response: ClientResponse): void {
    let journey: Journey | EdgeProblem | undefined;
    try {
      journey = this.#enter(request, response);
      if ('code' in journey) return this.#observe.refuse(request, response, journey);
      if (journey.clean.isForEdge) return answerForItself(response);
      this.#take(journey);
    } catch (error) {
      this.#fault(error, request, response, journey);
    }
  }

  /** A request out of somebody else's hands: it may have been read, and may be for whoever comes next. */
  #handleMounted(request: MountedRequest, response: ServerResponse, next?: () => void): void {
    this.#isMounted = true;
    if (this.#isClosing) response.shouldKeepAlive = false;
    let journey: Journey | EdgeProblem | undefined;
    try {
      journey = this.#enter(request, response);
      if ('code' in journey) return this.#observe.refuse(request, response, journey);
      if (!next || (journey.route && !journey.clean.isForEdge)) return this.#takeMounted(journey, request, response);
    } catch (error) {
      return this.#fault(error, request, response, journey);
    }
    next();
  }

  #takeMounted(journey: Journey, request: MountedRequest, response: ServerResponse): void {
    if (journey.clean.isForEdge) return answerForItself(response);
    if (journey.bodyBytes === 0 || !isBodyRead(request)) return this.#take(journey);
    this.#options.log.error({ route: journey.route?.path }, problems.bodyRead.title);
    this.#observe.refuse(request, response, problems.bodyRead);
  }

  /** Identify, and then travel; most requests do so without waiting. */
  #take(journey: Journey): void {
    this.#observe.begin(journey);
    if (journey.bodyBytes > journey.maxBodyBytes) return this.#turnAway(journey, problems.bodyTooLarge);
    const asking = this.#identify.take(journey);
    if (asking)
      this.#guard(
        journey,
        asking.then(() => this.#admit(journey)),
      );
    else this.#admit(journey);
  }

  #admit(journey: Journey): void {
    if (journey.rateGate) this.#guard(journey, this.#admitCounted(journey, journey.rateGate));
    else this.#start(journey);
  }

  #start(journey: Journey): void {
    if (journey.problem) return this.#turnAway(journey, journey.problem);
    if (!journey.isUnitWrite || journey.route?.gate.hold.tryEnter()) void this.#travel(journey);
    else void this.#travelLater(journey);
  }

  #guard(journey: Journey, work: Promise<void>): void {
    const { request, response } = journey;
    work.catch((error: unknown) => this.#fault(error, request, response, journey));
  }

  /** Whatever is handed to the edge may throw: that ends this request, with an answer, and nothing else. */
  #fault(error: unknown, request: AnyRequest, response: ClientResponse, journey?: Journey | EdgeProblem): void {
    this.#options.log.error({ problem: messageOf(error) }, 'request failed inside the edge');
    if (!journey || 'code' in journey) this.#observe.refuse(request, response, problems.fault);
    else this.#turnAway(journey, problems.fault);
  }

  #finish(journey: Journey): void {
    try {
      this.#observe.finish(journey);
    } catch (error) {
      this.#options.log.error({ problem: messageOf(error) }, 'a request could not be observed');
    }
  }

  #turnAway(journey: Journey, problem: EdgeProblem): void {
    this.#observe.reject(journey, problem);
    this.#finish(journey);
  }

  async #admitCounted(journey: Journey, gate: RateGate): Promise<void> {
    const problem = await this.#countRate(journey, gate);
    if (problem) this.#turnAway(journey, problem);
    else this.#start(journey);
  }

  async #countRate(journey: Journey, gate: RateGate): Promise<EdgeProblem | undefined> {
    const address = (): string => clientAddress(journey.request, this.#policy);
    const { headers, problem } = await gate.admit({ subject: journey.caller?.subject.id, address });
    journey.tell(headers);
    return problem;
  }

  /** Hygiene and match: what the request is. */
  #enter(request: AnyRequest, response: ClientResponse): Journey | EdgeProblem {
    const clean = cleanse(request, this.#policy);
    if ('problem' in clean) return clean.problem;
    const route = this.#match(request, clean);
    if (route === 'ambiguous') return problems.ambiguousPath;
    return new Journey(request, response, clean, route, this.#configuration);
  }

  #match({ method = 'GET' }: ClientRequest, clean: CleanRequest): ReturnType<typeof matchRoute> {
    return matchRoute(this.#configuration.routes, method, clean);
  }

  /** A write that found its unit held. Whoever waited is decided with the state of then: the owner may have changed. */
  async #travelLater(journey: Journey): Promise<void> {
    const gate = journey.route?.gate;
    const how = gate ? await this.#enterHeld(gate, journey) : 'gone';
    if (how === 'entered') return this.#travel(journey);
    if (how === 'expired') this.#observe.reject(journey, problems.held);
    else journey.status = -1;
    this.#finish(journey);
  }

  async #enterHeld({ hold, waits }: UnitGate, journey: Journey): Promise<'entered' | 'expired' | 'gone'> {
    const gone = signalOfClose(journey.response);
    do {
      const how = await waits.during('hold', () => hold.wait(this.#configuration.limits.holdMs, gone));
      if (how !== 'released') return how;
    } while (!hold.tryEnter());
    return 'entered';
  }

  /**
   * Decide, forward, observe: one function, because every await costs. A write of the unit is inside its gate all the
   * while; a fault ends this request only.
   */
  async #travel(journey: Journey): Promise<void> {
    try {
      let decision = journey.decide();
      if (decision.mustWait) decision = await this.#decideLater(journey);
      if (decision.mustWait) return this.#observe.reject(journey, problemOf(decision));
      if (decision.isRefused) return this.#refuse(journey, decision);
      let outcome = await this.#forward.send(journey, decision);
      this.#ended(journey, decision, outcome);
      if (outcome.kind === 'client-slow') return this.#observe.reject(journey, problems.timeout);
      while (outcome.kind === 'failed') {
        const next = this.#attempts.after(journey, decision, outcome);
        if (!next) return this.#observe.answerFailure(journey, outcome);
        decision = next.decision;
        outcome = await this.#forward.send(journey, decision, next.endpoint);
        this.#ended(journey, decision, outcome);
      }
    } catch (error) {
      this.#options.log.error({ problem: messageOf(error) }, 'request failed inside the edge');
      this.#observe.reject(journey, problems.fault);
    } finally {
      if (journey.isUnitWrite) journey.route?.gate.hold.leave();
      this.#finish(journey);
    }
  }

  /** Nothing is sent: only the service could answer, and it is not asked for now. */
  #refuse(journey: Journey, decision: Decision): void {
    this.#forward.explain(journey, decision);
    this.#observe.count(journey, decision, problems.broken.status);
    this.#observe.reject(journey, brokenProblem(journey.route?.breaker));
  }

  #ended(journey: Journey, decision: Decision, outcome: ForwardOutcome): void {
    this.#attempts.ended(journey, decision, outcome);
    if (journey.endsSession) this.#identify.ended(journey);
    this.#forward.ended(journey, decision, outcome);
    this.#observe.observe(journey, decision, outcome);
    if (decision.reason === 'breaker-open' && journey.isCopied) probeWithCopy(journey, this.#forward.tokenOf(journey));
  }

  /** Waits for the subject's own write on the service to come back to legacy, as long as the budget goes. */
  async #decideLater(journey: Journey): Promise<Decision> {
    const budgetMs = this.#configuration.limits.catchUpMs;
    const signal = signalOfClose(journey.response);
    if (journey.isUnknown('service')) void journey.route?.gate.markers.raiseFloor('service');
    const limits = { clock: this.#clock, budgetMs, everyMs: 3, signal };
    await journey.route?.gate.waits.during('own-write', () => waitUntil(() => journey.isApplied('service'), limits));
    return journey.decide(); // The owner may have changed meanwhile.
  }

  /** What is to be done before the first request comes. */
  async #open(): Promise<void> {
    for (const gate of this.#gates.values()) void gate.state;
    await Promise.race([this.#identifying, this.#clock.sleep(IDENTIFY_MS)]);
  }

  #sweep(): void {
    for (const gate of this.#gates.values()) gate.markers.sweep();
    this.#configuration.targets.sweep();
  }

  #gate(unit: string): UnitGate {
    const gate = this.#gates.get(unit);
    if (!gate) throw new RangeError(`the edge has no routes of a unit ${unit}`);
    return gate;
  }

  #openGate(name: string): UnitGate {
    const parts = { limits: this.#limits, clock: this.#clock, metrics: this.#metrics, clients: this.#clients };
    return new UnitGate({ name, options: this.#options, ...parts, overrides: this.#overrides });
  }

  #configure(options: EdgeOptions): EdgeConfiguration {
    const [gates, metrics, clock, rateStore] = [this.#gates, this.#metrics, this.#clock, this.#rateStore];
    return new EdgeConfiguration(options, { gates, metrics, clock, rateStore }, this.#configuration);
  }

  #openForward(): ForwardStep {
    const { identityKey = '', identityKeys, explain: explains = false, shadowAlways = false } = this.#options;
    const tokens = new IdentityTokens(identityKeys ?? new SecretSigner(identityKey), this.#clock);
    const { connectionsPerRoute: room, queue, firstByteMs: waitMs, unknownOutcomeMs } = this.#limits;
    return new ForwardStep({
      forwarder: this.#forwarder,
      tokens,
      gates: this.#gates,
      clients: this.#clients,
      exchange: this.#options.exchange,
      unknownOutcomeMs,
      explains,
      shadowAlways,
      splitHeaders: splitHeaders(this.#options.subject),
      bulkhead: { room, queue, waitMs },
    });
  }

  #openUpgrades(): Edge['upgradeHandler'] {
    const enter: Entrance = async (request, response) => {
      const journey = this.#enter(request, response);
      if (!('code' in journey)) await this.#identify.take(journey);
      return journey;
    };
    const tokenOf = (journey: Journey): string | undefined => this.#forward.tokenOf(journey);
    const countRate: UpgradeParts['countRate'] = (journey, gate) => this.#countRate(journey, gate);
    const [forward, observe, sockets] = [this.#middleware, this.#observe, this.#upgraded];
    const { webSocketOrigins: origins } = this.#options;
    const step = new UpgradeStep({ enter, forward, observe, sockets, origins, tokenOf, countRate });
    return (request, socket, head) => void step.take(request, socket, head);
  }
}

function problemOf({ reason }: Decision): EdgeProblem {
  return reason === 'unit-unknown' ? problems.unknown : problems.stale;
}
/** The mark of a unit this edge has no routes of. */
const NOT_OURS: ForeignMark = { end: () => undefined, abandon: () => undefined, drop: () => undefined };

/** The edge's own answer to OPTIONS. */
function answerForItself(response: ClientResponse): void {
  response.writeHead(204, 'No Content', ['Allow', ALLOWED]);
  response.end();
}

function signalOfClose(response: ClientResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  if (response.destroyed) controller.abort();
  return controller.signal;
}
