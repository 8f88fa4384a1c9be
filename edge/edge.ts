import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { systemClock, waitUntil, type Clock } from '../shared/index.ts';
import { createAdmin, type Admin } from './admin.ts';
import { DirectForwarder } from './direct-forwarder.ts';
import { FALLBACK, type Decision } from './decide.ts';
import { explain } from './explain.ts';
import type { Forwarder, ForwardOutcome, Target, UpgradeForwarder } from './forwarder.ts';
import { cleanse, type CleanRequest } from './hygiene.ts';
import { Identifier } from './identify.ts';
import { IDENTITY_HEADER, IdentityTokens } from './identity-token.ts';
import { Journey } from './journey.ts';
import { createListener, drain } from './listener.ts';
import type { WriteEnd } from './markers.ts';
import { RouteTable, type Route } from './match.ts';
import { EdgeMetrics, type RouteCounts } from './metrics.ts';
import { MiddlewareForwarder } from './middleware-forwarder.ts';
import { checkOptions, defaultLimits, type EdgeLimits, type EdgeOptions } from './options.ts';
import { answerProblem, problemBytes, problems, type EdgeProblem } from './problem.ts';
import type { ShadowReport } from './shadow.ts';
import { UndiciForwarder } from './undici-forwarder.ts';
import { UnitGate, type CompiledRoute } from './unit-gate.ts';
import type { Side } from './unit-state.ts';

export interface Edge {
  listen(port: number, host?: string): Promise<{ port: number }>;
  /** A second listener for /metrics, /healthz and /readyz. */
  listenAdmin(port: number, host?: string): Promise<{ port: number }>;
  close(): Promise<void>;
  /**
   * Stops letting writes of the unit in. True when those inside have all ended within the budget; new ones wait, each
   * up to its own budget, and are then answered 503 with Retry-After.
   */
  hold(unit: string, options: { budgetMs: number }): Promise<boolean>;
  release(unit: string): void;
  shadow(unit: string): ShadowReport;
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgradeHandler: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export function createEdge(options: EdgeOptions): Edge {
  checkOptions(options);
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
  readonly #clock: Clock;
  readonly #metrics: EdgeMetrics;
  readonly #gates: ReadonlyMap<string, UnitGate>;
  readonly #routes: RouteTable<CompiledRoute>;
  readonly #identifier: Identifier;
  readonly #tokens: IdentityTokens;
  readonly #legacy: Target;
  readonly #forwarder: Forwarder;
  readonly #upgrades: MiddlewareForwarder & UpgradeForwarder;
  readonly #elsewhere: RouteCounts;
  readonly #server: Server;
  readonly #admin: Admin;
  readonly #sweeper: NodeJS.Timeout;
  #isClosing = false;

  constructor(options: EdgeOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    this.#metrics = new EdgeMetrics(options.registry);
    const units = new Set(options.routes.map((route) => route.unit));
    this.#gates = new Map([...units].map((unit) => [unit, this.#openGate(unit)]));
    this.#routes = new RouteTable(options.routes.map((route) => this.#compile(route)));
    const { name: cookieName, secret } = options.subject.cookie;
    this.#identifier = new Identifier({ cookieName, secret, clock: this.#clock });
    this.#tokens = new IdentityTokens(options.identityKey, this.#clock);
    this.#legacy = { side: 'legacy', name: 'legacy', url: options.legacyUrl };
    this.#upgrades = new MiddlewareForwarder(this.#limits);
    this.#forwarder = this.#openForwarder();
    this.#elsewhere = this.#metrics.route('', '*', '*');
    this.handler = (request, response) => this.#handle(request, response);
    this.upgradeHandler = (request, socket, head) => this.#upgrade(request, socket, head);
    this.#server = createListener(this.handler, this.upgradeHandler, this.#limits, (code) =>
      this.#metrics.rejected(code),
    );
    this.#admin = createAdmin(options.registry, options.adminToken, () => this.#server.listening && !this.#isClosing);
    this.#sweeper = setInterval(() => this.#sweep(), 250);
    this.#sweeper.unref();
  }

  async listen(port: number, host = '127.0.0.1'): Promise<{ port: number }> {
    for (const gate of this.#gates.values()) void gate.markers.raiseFloor(gate.state.owner);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    return { port: (this.#server.address() as { port: number }).port };
  }

  listenAdmin(port: number, host = '127.0.0.1'): Promise<{ port: number }> {
    return this.#admin.listen(port, host);
  }

  /** Finishes what is under way, tells keep-alive clients to go, and ends after the drain budget in any case. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#sweeper);
    await drain(this.#server, this.#limits.drainMs);
    await this.#admin.close();
    await this.#forwarder.close();
    await this.#upgrades.close();
    await Promise.all([...this.#gates.values()].map((gate) => gate.close()));
  }

  hold(unit: string, options: { budgetMs: number }): Promise<boolean> {
    return this.#gate(unit).hold.hold(options.budgetMs);
  }

  release(unit: string): void {
    this.#gate(unit).hold.release();
  }

  shadow(unit: string): ShadowReport {
    return this.#gate(unit).shadow.report();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    if (this.#isClosing) response.shouldKeepAlive = false;
    if (request.url === '*') return this.#answerAsterisk(request, response);
    const clean = cleanse(request);
    if ('problem' in clean) return this.#reject(response, clean.problem);
    const route = this.#match(request, clean);
    if (route === 'ambiguous') return this.#reject(response, problems.ambiguousPath);
    const caller = this.#identifier.identify(request.headers.cookie);
    const journey = new Journey(request, response, clean, route, caller, this.#legacy);
    if (journey.isUnitWrite) void this.#admitWrite(journey);
    else void this.#dispatch(journey);
  }

  #match(request: IncomingMessage, clean: CleanRequest): CompiledRoute | 'ambiguous' | undefined {
    const method = request.method ?? 'GET';
    const route = this.#routes.match(method, clean.path);
    if (clean.otherPath === undefined) return route;
    return this.#routes.match(method, clean.otherPath) === route ? route : 'ambiguous';
  }

  /** A write of a unit passes its gate. Whoever waited is decided anew: the owner may have changed. */
  async #admitWrite(journey: Journey): Promise<void> {
    const hold = journey.route?.gate.hold;
    if (!hold) return;
    while (!hold.tryEnter()) {
      const how = await hold.wait(this.#limits.holdMs, signalOfClose(journey.response));
      if (how === 'expired') return this.#reject(journey.response, problems.held);
      if (how === 'gone') return;
    }
    try {
      await this.#dispatch(journey);
    } finally {
      hold.leave();
    }
  }

  async #dispatch(journey: Journey): Promise<void> {
    let decision = journey.decide();
    if (decision.mustWait) {
      if (!(await this.#caughtUp(journey))) return this.#reject(journey.response, problems.stale);
      decision = journey.decide(); // The owner may have changed meanwhile.
      if (decision.mustWait) return this.#reject(journey.response, problems.stale);
    }
    const outcome = await this.#send(journey, decision);
    if (outcome.kind !== 'failed') return this.#observe(journey, decision, outcome);
    this.#metrics.targetFailed(journey.target.name, outcome.failure);
    if (this.#mayFallBack(journey, decision)) {
      this.#observe(journey, decision, outcome);
      this.#observe(journey, FALLBACK, await this.#send(journey, FALLBACK));
    } else this.#observe(journey, decision, outcome);
  }

  /** Waits for the subject's own write on the service to come back to legacy. Never shows anything older. */
  #caughtUp(journey: Journey): Promise<boolean> {
    const budgetMs = this.#limits.catchUpMs;
    const signal = signalOfClose(journey.response);
    return waitUntil(() => journey.isApplied('service'), { clock: this.#clock, budgetMs, everyMs: 3, signal });
  }

  async #send(journey: Journey, decision: Decision): Promise<ForwardOutcome> {
    const { clean, route, caller, state, request, response } = journey;
    journey.target = decision.target === 'legacy' || !route ? this.#legacy : route.gate.target;
    journey.headers = clean.headers;
    if (decision.target === 'service' && caller && route)
      journey.headers = [...clean.headers, IDENTITY_HEADER, this.#tokens.tokenFor(caller, route.unit)];
    if (clean.wantsExplanation && this.#options.explain) journey.extraHeaders = explain(decision, route?.unit, state);
    journey.tap = this.#recorderFor(journey, decision);
    if (request.headers.expect !== undefined) response.writeContinue();
    const marked = this.#beginWrite(journey, decision.target);
    const outcome = await this.#forwarder.forward(journey);
    if (marked)
      for (const gate of marked) void gate.markers.end(caller?.subject.id ?? '', decision.target, endOf(outcome));
    return outcome;
  }

  /**
   * Marks the subject before its write is on the way. A write of the unit marks the unit on its owner's side. Any other
   * unsafe request may change rows of any unit by way of legacy's joins and triggers, so it marks all legacy owns.
   */
  #beginWrite(journey: Journey, side: Side): UnitGate[] | undefined {
    const { caller, route } = journey;
    if (!caller || (journey.isSafe && !journey.isUnitWrite)) return undefined;
    const gates = route?.kind === 'api' ? [route.gate] : [...this.#gates.values()];
    const marked = gates.filter((gate) => gate.state.owner === side);
    for (const gate of marked) gate.markers.begin(caller.subject.id, side);
    return marked;
  }

  #recorderFor(journey: Journey, decision: Decision): Journey['tap'] {
    const { route, caller, state, method } = journey;
    if (route?.kind !== 'api' || route.access !== 'read' || method !== 'GET') return undefined;
    if (!caller || !state || decision.target !== 'legacy' || state.owner !== 'legacy') return undefined;
    const isMirrored = state.stage === 'shadow' || (this.#options.shadowAlways === true && state.stage !== 'legacy');
    return isMirrored ? route.gate.shadow.open() : undefined;
  }

  /** While legacy owns the rows it can answer a read the service failed to, if the client has seen nothing yet. */
  #mayFallBack(journey: Journey, decision: Decision): boolean {
    return (
      decision.target === 'service' && journey.owner === 'legacy' && journey.isSafe && !journey.response.headersSent
    );
  }

  /** Last step: count, time, hand a copy to the shadow; answer the client where the target did not. */
  #observe(journey: Journey, decision: Decision, outcome: ForwardOutcome): void {
    const counts = journey.route?.counts ?? this.#elsewhere;
    counts.add(decision.target, decision.reason, statusOf(outcome));
    if (outcome.kind === 'answered') {
      this.#metrics.answered(decision.target, performance.now() - journey.startedAt);
      if (journey.tap && outcome.status < 500) this.#mirror(journey);
    } else if (outcome.kind === 'failed' && (decision === FALLBACK || !this.#mayFallBack(journey, decision))) {
      const problem = problemOf(outcome.failure);
      answerProblem(journey.response, problem, journey.extraHeaders);
      this.#metrics.rejected(problem.code);
    }
  }

  #mirror(journey: Journey): void {
    const { route, caller, tap, clean, method } = journey;
    if (!route || !caller || !tap) return;
    const identity = this.#tokens.tokenFor(caller, route.unit);
    route.gate.shadow.offer({ route: route.path, method, path: clean.target, headers: clean.headers, identity }, tap);
  }

  /** A WebSocket follows its route's decision once, at the handshake, and stays there. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const clean = cleanse(request);
    const route = 'problem' in clean ? undefined : this.#match(request, clean);
    if ('problem' in clean || route === 'ambiguous') {
      const problem = 'problem' in clean ? clean.problem : problems.ambiguousPath;
      this.#metrics.rejected(problem.code);
      return void socket.end(problemBytes(problem));
    }
    const caller = this.#identifier.identify(request.headers.cookie);
    const journey = new Journey(request, undefined as unknown as ServerResponse, clean, route, caller, this.#legacy);
    const decision = journey.decide();
    const isService = decision.target === 'service' && route !== undefined;
    const identity = isService && caller ? [IDENTITY_HEADER, this.#tokens.tokenFor(caller, route.unit)] : [];
    const target = isService ? route.gate.target : this.#legacy;
    (route?.counts ?? this.#elsewhere).add(decision.target, decision.reason, 101);
    this.#upgrades.upgrade(request, socket, head, target, [...clean.headers, ...identity]);
  }

  #answerAsterisk(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'OPTIONS') return this.#reject(response, problems.badTarget);
    response.writeHead(204, { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' }).end();
  }

  #reject(response: ServerResponse, problem: EdgeProblem): void {
    this.#metrics.rejected(problem.code);
    answerProblem(response, problem);
  }

  #sweep(): void {
    for (const gate of this.#gates.values()) gate.markers.sweep();
  }

  #gate(unit: string): UnitGate {
    const gate = this.#gates.get(unit);
    if (!gate) throw new RangeError(`the edge has no routes of a unit ${unit}`);
    return gate;
  }

  #openGate(unit: string): UnitGate {
    return new UnitGate(unit, this.#options, this.#limits, this.#clock, this.#metrics);
  }

  #compile(route: Route): CompiledRoute {
    const counts = this.#metrics.route(route.unit, route.method, route.path);
    return { ...route, gate: this.#gate(route.unit), counts };
  }

  #openForwarder(): Forwarder {
    const { forwarder = 'direct' } = this.#options;
    if (typeof forwarder === 'function') return forwarder(this.#limits);
    if (forwarder === 'http-proxy-middleware') return new MiddlewareForwarder(this.#limits);
    const undici = new UndiciForwarder(this.#limits);
    return forwarder === 'undici' ? undici : new DirectForwarder(this.#limits, undici);
  }
}

function endOf(outcome: ForwardOutcome): WriteEnd {
  if (outcome.kind === 'answered') return 'answered';
  return outcome.kind === 'failed' && !outcome.sent ? 'unsent' : 'unknown';
}

function statusOf(outcome: ForwardOutcome): number {
  if (outcome.kind === 'answered') return outcome.status;
  return outcome.kind === 'failed' ? 0 : -1;
}

function problemOf(failure: string): EdgeProblem {
  if (failure === 'timeout') return problems.gatewayTimeout;
  return failure === 'busy' ? problems.busy : problems.badGateway;
}

function signalOfClose(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  if (response.destroyed) controller.abort();
  return controller.signal;
}
