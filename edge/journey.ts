import type { Ceilings, Exposure } from '../flags/index.ts';
import type { AnswerRewriter } from './answers/answer-rewriter.ts';
import { publicOrigin } from './answers/public-origin.ts';
import type { AnyRequest, ClientResponse } from './client.ts';
import type { Caller, Standing } from './identify/caller.ts';
import { LATE, type Verdict } from './identify/identity-way.ts';
import { decideTarget, type Decision, type Facts } from './decide/decide.ts';
import { SAFE_METHODS, type ForwardJob } from './forward/forwarder.ts';
import type { CleanRequest } from './hygiene/cleanse.ts';
import { HeaderLines } from './hygiene/header-lines.ts';
import type { OriginMark } from './pin/origin-mark.ts';
import type { Pins } from './pin/pins.ts';
import type { RequestTrace } from './observe/request-trace.ts';
import type { EdgeProblem } from './problem.ts';
import type { RateGate } from './limit/rate-gate.ts';
import type { Recorder } from './shadow/mirror/recorder.ts';
import type { CompiledRoute, UnitGate } from './decide/unit-gate.ts';
import type { Clearance } from './markers/mark-exchange.ts';
import type { WriteMark } from './markers/write-mark.ts';
import { entityOf } from './match/entity.ts';
import type { Side, Stage, UnitState } from './decide/unit-state.ts';
import type { TargetEndpoint } from './targets/target-endpoint.ts';
import type { Target } from './targets/target.ts';
import type { Breaker } from './breaker/breaker.ts';
import type { Call } from './breaker/call.ts';
import type { EdgeConfiguration } from './configuration.ts';

const NO_CEILINGS: Ceilings = {};
const NO_HEADERS: readonly string[] = [];

/** One request on its way: the facts a decision rests on and the job the forwarder carries, in one object. */
export class Journey implements Facts, ForwardJob, Call {
  readonly request: AnyRequest;
  readonly response: ClientResponse;
  readonly clean: CleanRequest;
  readonly route: CompiledRoute | undefined;
  caller: Caller | undefined;
  /** Who it belongs to could not be told in time. */
  isLate = false;
  /** It is one of the requests that log out. */
  endsSession = false;
  readonly #configuration: EdgeConfiguration;
  readonly method: string;
  readonly startedAt = performance.now();
  state: UnitState | undefined;
  /** Where it was sent last. */
  endpoint: TargetEndpoint;
  /** Where it is in the bulkhead of its endpoint; -1 while it is in none. */
  place = -1;
  breaker: Breaker;
  pass = 0;
  sentAt = 0;
  headAt = 0;
  attempts = 0;
  /** For the whole answer, in place of the limits of the edge. */
  deadlineMs: number | undefined;
  headers: HeaderLines;
  extraHeaders: HeaderLines | undefined;
  /** What the client is told whatever becomes of its request, flat. */
  told: readonly string[];
  tap: Recorder | undefined;
  answers: AnswerRewriter | undefined;
  origin: OriginMark | undefined;
  /** The side that gave what this request goes on from; null while nobody has looked. */
  #began: Side | undefined | null = null;
  requestBytes: number;
  answerBytes: number;
  retries: number;
  /** What the client was answered; 0 for nothing yet, below zero when it saw no whole answer. */
  status: number;
  /** What the edge answered in place of a target. */
  problem: EdgeProblem | undefined;
  trace: RequestTrace | undefined;
  /** What was decided last. */
  decision: Decision | undefined;
  /** The marks that were made when it was sent. */
  marks: readonly WriteMark[] | undefined;
  clearance: Clearance | undefined;
  /** The unit of which the client was told to carry the mark itself. */
  carried: string | undefined;

  constructor(
    request: AnyRequest,
    response: ClientResponse,
    clean: CleanRequest,
    route: CompiledRoute | undefined,
    configuration: EdgeConfiguration,
  ) {
    this.request = request;
    this.response = response;
    this.clean = clean;
    this.route = route;
    this.caller = undefined;
    this.#configuration = configuration;
    this.method = request.method ?? 'GET';
    this.headers = clean.headers;
    this.endpoint = configuration.legacy.first;
    this.breaker = configuration.legacyBreaker;
    this.deadlineMs = route?.deadlineMs;
    this.extraHeaders = undefined;
    this.told = NO_HEADERS;
    this.tap = undefined;
    this.answers = undefined;
    this.origin = undefined;
    this.requestBytes = Math.max(0, clean.bodyBytes);
    this.answerBytes = 0;
    this.retries = 0;
    this.status = 0;
    this.problem = undefined;
    this.trace = undefined;
    this.state = undefined;
    this.decision = undefined;
    this.marks = undefined;
    this.clearance = undefined;
    this.carried = undefined;
  }

  get legacy(): Target {
    return this.#configuration.legacy;
  }

  get legacyBreaker(): Breaker {
    return this.#configuration.legacyBreaker;
  }

  get path(): string {
    return this.clean.target;
  }

  get bodyBytes(): number {
    return this.clean.bodyBytes;
  }

  get expectsContinue(): boolean {
    return this.clean.expectsContinue;
  }

  get isDoubtful(): boolean {
    return this.clean.isDoubtful;
  }

  get kind(): 'api' | 'dependent' | undefined {
    return this.route?.kind;
  }

  get access(): 'read' | 'write' {
    return this.route?.access ?? 'read';
  }

  get isKnown(): boolean {
    return this.state !== undefined;
  }

  get stage(): Stage {
    return this.state?.stage ?? 'legacy';
  }

  /** Whose the rows are that belong to whoever asks. */
  get owner(): Side {
    const { state } = this;
    if (state === undefined) return 'legacy';
    if (state.served === undefined || this.caller === undefined) return state.owner;
    return state.served.has(this.caller.writer) ? 'service' : state.owner;
  }

  get hasSubject(): boolean {
    return this.caller !== undefined;
  }

  /** The subject whose writes these are; undefined when it may be anybody. */
  get writer(): string | undefined {
    return this.caller?.writer;
  }

  get pins(): Pins {
    return this.#configuration.pins;
  }

  get legacyAnswers(): AnswerRewriter | undefined {
    return this.#configuration.legacyAnswers;
  }

  publicOrigin(): string {
    return publicOrigin(this.clean.headers.list);
  }

  get maxBodyBytes(): number {
    return this.route?.maxBodyBytes ?? this.#configuration.limits.maxBodyBytes;
  }

  /** Undefined where nothing limits how often it is asked for. */
  get rateGate(): RateGate | undefined {
    return this.route ? this.route.rateGate : this.#configuration.rateGate;
  }

  /** A write of the unit: it goes to the owner, is held at a cutover, and is never repeated. */
  get isUnitWrite(): boolean {
    return (
      this.route !== undefined &&
      this.route.kind === 'api' &&
      this.route.access === 'write' &&
      this.method !== 'OPTIONS'
    );
  }

  get isSafe(): boolean {
    return SAFE_METHODS.has(this.method);
  }

  isKilled(): boolean {
    return this.route !== undefined && this.route.gate.isKilled;
  }

  get documentPath(): string {
    return this.clean.path;
  }

  /** The side that gave the beginning of a stream or document which this request goes on with. */
  began(): Side | undefined {
    if (!this.clean.hasConditions || this.kind !== 'api') return undefined;
    if (this.#began === null) this.#began = this.#configuration.pins.beganAt(this.clean);
    return this.#began;
  }

  /** The subject's place in the unit's rollout, for whoever asks how it was decided. */
  get bucket(): number | undefined {
    return this.route && this.caller?.bucket(this.route.gate);
  }

  override(): Side | undefined {
    const gate = this.route?.gate;
    const shown = gate?.overrides?.shownIn(this.clean);
    return shown === undefined ? undefined : gate?.overrides?.sideOf(shown, gate.name, this.writer);
  }

  exposure(): Exposure {
    if (!this.caller || !this.route) return { exposed: false, reason: 'no-subject' };
    const { exposure } = this.#standing(this.caller, this.route.gate);
    const own = this.caller.person && this.#standing(this.caller.person, this.route.gate).exposure;
    // A gate that is closed to a user is closed to the visitor they are taken for.
    return own && !own.exposed && own.reason === 'flag-off' ? own : exposure;
  }

  isFrozen(): boolean {
    return this.route !== undefined && this.route.gate.isFrozen;
  }

  get isMoving(): boolean {
    return this.state?.isMoving === true;
  }

  /** True when flags and ceiling let its subject read from the service. */
  get isExposed(): boolean {
    const exposure = this.exposure();
    return exposure.exposed || (this.stage === 'reads' && exposure.reason !== 'flag-off');
  }

  isApplied(side: Side): boolean {
    if (!this.route) return true;
    const { gate } = this.route;
    if (this.clean.cookie !== undefined && !gate.isCarriedApplied(this.clean.cookie, side)) return false;
    if (!this.caller) return true;
    const { subject, person } = this.caller;
    if (!gate.markers.isApplied(subject.id, this.#readEntity, side)) return false;
    if (person !== undefined && !gate.markers.isApplied(person.subject.id, undefined, side)) return false;
    return !this.isUnknown(side) || gate.markers.isCovered(side, this.startedAt);
  }

  /** True when another edge may have acknowledged a write on that side of which nothing is known here. */
  isUnknown(side: Side): boolean {
    return this.isFrozen() && (this.owner === side || this.isMoving);
  }

  /** What this request writes, `<entity>/<id>`, as far as its path says. */
  get entity(): string | undefined {
    return this.route && entityOf(this.route, this.clean.path);
  }

  get #readEntity(): string | undefined {
    return this.route?.gate.markers.hasEntities ? this.entity : undefined;
  }

  isLevel(): boolean {
    return this.route !== undefined && this.route.gate.isLevel;
  }

  /** Adds to what the client is told, flat. */
  tell(headers: readonly string[]): void {
    if (headers.length === 0) return;
    this.told = [...this.told, ...headers];
    this.extraHeaders = HeaderLines.ofList(this.told);
  }

  /** What identification found out. */
  belongsTo(verdict: Verdict): void {
    this.isLate = verdict === LATE;
    this.caller = verdict === LATE ? undefined : verdict;
  }

  /** A read of which a copy can be sent to the service without anybody waiting for it is no probe itself. */
  isBroken(): boolean {
    const breaker = this.route?.breaker;
    if (!breaker || breaker.isClosed) return false;
    return this.isCopied || !breaker.admits(performance.now());
  }

  /** True for an identified read of the unit while legacy owns the rows. */
  get isCopied(): boolean {
    return (
      this.caller?.identity !== undefined &&
      this.kind === 'api' &&
      this.access === 'read' &&
      this.method === 'GET' &&
      this.owner === 'legacy'
    );
  }

  /** Decides with the unit's state of this moment. */
  decide(): Decision {
    this.state = this.route?.gate.state;
    this.decision = decideTarget(this);
    return this.decision;
  }

  #standing(caller: Caller, gate: UnitGate): Standing {
    return caller.standing(gate, this.state?.ceilings ?? NO_CEILINGS, gate.clock.now());
  }
}
