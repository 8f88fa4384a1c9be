import type { Decision } from '../decide/decide.ts';
import { explain } from '../observe/explain.ts';
import { Bulkhead, placeOfPath, type BulkheadLimits } from './bulkhead.ts';
import type { Forwarder, ForwardOutcome } from './forwarder.ts';
import { IDENTITY_HEADER, type IdentityTokens, type TokenSource } from '../identify/identity-token.ts';
import type { Journey } from '../journey.ts';
import { beginCall } from '../breaker/call.ts';
import type { TargetEndpoint } from '../targets/target-endpoint.ts';
import { HeaderLines } from '../hygiene/header-lines.ts';
import type { MarkedClients } from '../markers/marked-clients.ts';
import type { MarkExchange } from '../markers/mark-exchange.ts';
import { conditionsFor } from '../pin/conditions.ts';
import type { OriginMark } from '../pin/origin-mark.ts';
import type { WriteEnd } from '../markers/write-mark.ts';
import type { Recorder } from '../shadow/mirror/recorder.ts';
import type { UnitGate } from '../decide/unit-gate.ts';
import type { Side } from '../decide/unit-state.ts';

export interface ForwardParts {
  readonly forwarder: Forwarder;
  readonly tokens: IdentityTokens;
  readonly gates: ReadonlyMap<string, UnitGate>;
  readonly clients: MarkedClients;
  readonly exchange: MarkExchange | undefined;
  readonly unknownOutcomeMs: number;
  readonly explains: boolean;
  /** Of answers that depend on who asks: kept apart by every cache between. */
  readonly splitHeaders: HeaderLines;
  readonly bulkhead: BulkheadLimits;
}

const NOTHING: readonly string[] = [];
const GONE: ForwardOutcome = { kind: 'client-gone' };
const BUSY: ForwardOutcome = { kind: 'failed', failure: 'busy', sent: false };

/** Fifth step of the journey: sends a decided request on its way, marked when it writes, told who it belongs to. */
export class ForwardStep {
  readonly #parts: ForwardParts;

  constructor(parts: ForwardParts) {
    this.#parts = parts;
  }

  /** `endpoint`: the one to use; one of the target's own choice when absent. */
  send(journey: Journey, decision: Decision, endpoint?: TargetEndpoint): Promise<ForwardOutcome> {
    const { clean, route } = journey;
    const isService = decision.target === 'service' && route !== undefined;
    const target = isService ? route.target : journey.legacy;
    beginCall(journey, endpoint ?? target.only ?? target.pick(), isService ? route.breaker : journey.legacyBreaker);
    const token = isService ? this.tokenOf(journey) : undefined;
    const given = clean.hasConditions && route?.kind === 'api' ? conditionsOf(journey, decision) : clean.headers;
    journey.headers = token === undefined ? given : given.and(IDENTITY_HEADER, token);
    const { trace, method, endpoint: to } = journey;
    if (trace) journey.headers = trace.send(journey.headers, method, to);
    journey.answers = isService ? route.answers : journey.legacyAnswers;
    journey.origin = originOf(journey, decision);
    this.explain(journey, decision);
    journey.tap = isMirrored(journey, decision) ? openTap(journey) : undefined;
    if (!journey.isSafe || journey.isUnitWrite) this.#beginWrite(journey, decision.target);
    else if (decision.comesBack) beginRead(journey);
    const walls = (journey.endpoint.bulkhead ??= new Bulkhead(this.#parts.bulkhead));
    journey.place = journey.route?.place ?? placeOfPath(clean.path);
    return walls.enter(journey.place) ? this.#parts.forwarder.forward(journey) : this.#sendLater(journey, walls);
  }

  /** As many of its route are under way as may be: it waits for one of them to end. */
  async #sendLater(journey: Journey, walls: Bulkhead): Promise<ForwardOutcome> {
    const { place, response } = journey;
    journey.place = -1;
    if (!(await walls.wait(place, response))) return response.destroyed ? GONE : BUSY;
    journey.place = place;
    return this.#parts.forwarder.forward(journey);
  }

  /** Adds to the answer what is told with it, and the decision for whoever asked for it. */
  explain(journey: Journey, decision: Decision): void {
    const { explains, splitHeaders } = this.#parts;
    const wanted = journey.clean.wantsExplanation && explains ? explain(journey, decision) : NOTHING;
    const told = journey.told.length + wanted.length > 0 ? HeaderLines.ofList([...journey.told, ...wanted]) : undefined;
    journey.extraHeaders = isSplit(journey) ? (told?.andText(splitHeaders.text) ?? splitHeaders) : told;
  }

  /** To be called when a request that was sent has ended. */
  ended(journey: Journey, decision: Decision, outcome: ForwardOutcome): void {
    if (journey.place >= 0) journey.endpoint.bulkhead?.leave(journey.place);
    journey.place = -1;
    const { marks, carried } = journey;
    if (marks || carried) this.#endWrite(journey, decision, endOf(outcome));
  }

  #endWrite(journey: Journey, { target }: Decision, how: WriteEnd): void {
    const { marks = [], route, carried } = journey;
    if (carried && how === 'unknown') this.#carry(journey, target, this.#parts.unknownOutcomeMs);
    for (const mark of marks) void mark.end(how, route?.settleMs);
    journey.marks = undefined;
  }

  /** What a service is told of who it is; nothing for nobody, and for who has a side and no name. */
  tokenOf(journey: Journey): string | undefined {
    const { caller, route } = journey;
    return caller && route && this.#parts.tokens.tokenFor(caller, route.unit);
  }

  /** Of a copy of the request that is sent after it, be it a minute later. */
  tokenSourceOf({ caller, route }: Journey): TokenSource {
    return () => caller && route && this.#parts.tokens.tokenFor(caller, route.unit);
  }

  /**
   * Marks the subject before its write is on the way. A write of the unit marks the unit on its owner's side. Any other
   * unsafe request may change rows of any unit by way of legacy's joins and triggers, so it marks all legacy owns. When
   * it could not be told in time whose write it is, everybody is marked.
   */
  #beginWrite(journey: Journey, side: Side): void {
    const { writer, route, entity } = journey;
    if (route?.shadow && side === 'legacy' && isRehearsed(journey)) journey.tap = route.gate.shadowWrites.open();
    // There is no other side any more on which it would have to be seen.
    if (journey.isUnitWrite && journey.stage === 'retired') return;
    if (this.#mustCarry(journey, side)) this.#carry(journey, side, route?.settleMs ?? 0);
    if (writer === undefined && entity === undefined && !journey.isLate) return;
    const marked =
      route?.kind === 'api'
        ? [route.gate].filter(() => journey.owner === side)
        : [...this.#parts.gates.values()].filter((gate) => gate.state?.owner === side);
    const keys = journey.isLate ? EVERYBODY : { subject: writer, entity };
    journey.marks = marked.map((gate) => gate.markers.begin(keys, side));
    journey.clearance = journey.marks.at(-1)?.announcement;
  }

  /** A mark that cannot be told to the other edges, or that is nobody's, travels with the client. */
  #mustCarry({ writer, isLate }: Journey, side: Side): boolean {
    if (writer === undefined && !isLate) return side === 'service';
    return this.#parts.exchange?.canTell() === false;
  }

  #carry(journey: Journey, side: Side, overInMs: number): void {
    const { route, clean, extraHeaders = HeaderLines.ofList([]) } = journey;
    const unit = route?.kind === 'api' ? route.unit : '*';
    // Of two the client keeps the last one.
    journey.extraHeaders = extraHeaders.and('Set-Cookie', this.#parts.clients.mark(clean.cookie, unit, side, overInMs));
    journey.carried = unit;
  }
}

/** Identified reads of the unit that legacy answers while it owns the rows: at stage shadow, later on while a run goes on. */
function isMirrored(journey: Journey, decision: Decision): boolean {
  const { state, route } = journey;
  if (!state || state.stage === 'legacy' || decision.target !== 'legacy' || !journey.isCopied) return false;
  return state.stage === 'shadow' || route?.gate.shadow.ordered !== undefined;
}

function openTap({ route, caller }: Journey): Recorder | undefined {
  return route && caller && route.gate.shadow.open(route.key, caller.subject.id);
}

function conditionsOf(journey: Journey, { target }: Decision): HeaderLines {
  return conditionsFor(journey.clean.headers, target, journey.began());
}

/** Only where both sides answer, or soon will. */
function originOf({ kind, stage, pins }: Journey, { target }: Decision): OriginMark | undefined {
  return kind === 'api' && stage !== 'legacy' ? pins[target] : undefined;
}

/** A read that one subject may have from legacy and another one from the service. */
function isSplit({ kind, access, stage }: Journey): boolean {
  return kind === 'api' && access === 'read' && (stage === 'canary' || stage === 'reads');
}

/** A write of which the service is shown a copy: only where it knows for whom, and legacy's rows are being copied. */
function isRehearsed({ isUnitWrite, caller, state }: Journey): boolean {
  const isLegacys = state?.owner === 'legacy' && state.stage !== 'legacy' && state.isMoving !== true;
  return isUnitWrite && isLegacys && caller?.identity !== undefined;
}

/** It could not be told in time whose write it is. */
const EVERYBODY = { subject: undefined, entity: undefined };

/** The subject would read from the copy but for something that passes. */
function beginRead(journey: Journey): void {
  const { writer, route } = journey;
  if (writer !== undefined && route && journey.isExposed)
    journey.marks = [route.gate.markers.beginRead(writer, 'legacy')];
}

function endOf(outcome: ForwardOutcome): WriteEnd {
  if (outcome.kind === 'answered') return 'answered';
  return outcome.kind === 'failed' && !outcome.sent ? 'unsent' : 'unknown';
}
