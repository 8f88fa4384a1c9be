import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnyRequest, ClientResponse } from '../client.ts';
import type { Decision } from '../decide/decide.ts';
import type { UpgradeForwarder } from './forwarder.ts';
import { IDENTITY_HEADER } from '../identify/identity-token.ts';
import type { Journey } from '../journey.ts';
import { isForeign } from '../hygiene/web-socket-origin.ts';
import type { RateGate } from '../limit/rate-gate.ts';
import type { ObserveStep } from '../observe/observe-step.ts';
import type { UpgradedSockets } from './upgraded-sockets.ts';
import { endGently } from '../listen/end-gently.ts';
import { brokenProblem, problemBytes, problems, type EdgeProblem } from '../problem.ts';

/** What the entrance makes of a request: a journey, or a reason to refuse it. */
export type Enter = (request: AnyRequest, response: ClientResponse) => Promise<Journey | EdgeProblem>;

export interface UpgradeParts {
  readonly enter: Enter;
  readonly forward: UpgradeForwarder;
  readonly observe: ObserveStep;
  readonly sockets: UpgradedSockets;
  /** Pages that may open one; undefined leaves that to the application. */
  readonly origins: readonly string[] | undefined;
  readonly tokenOf: (journey: Journey) => string | undefined;
  /** Counts it; answers why it may not go on. */
  readonly countRate: (journey: Journey, gate: RateGate) => Promise<EdgeProblem | undefined>;
}

/** A WebSocket follows its route's decision once, at the handshake, and stays there. */
export class UpgradeStep {
  readonly #parts: UpgradeParts;

  constructor(parts: UpgradeParts) {
    this.#parts = parts;
  }

  async take(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { enter, observe, origins, countRate } = this.#parts;
    socket.on('error', () => socket.destroy());
    const isRefused = origins !== undefined && isForeign(request.headers, origins);
    const journey = isRefused ? problems.origin : await enter(request, undefined as unknown as ClientResponse);
    if ('code' in journey) {
      observe.refused(journey, request);
      return answer(socket, journey);
    }
    observe.begin(journey);
    const problem = bodyProblem(journey) ?? (journey.rateGate && (await countRate(journey, journey.rateGate)));
    if (!problem) return this.#forward(journey, request, socket, head);
    observe.refusedUpgrade(journey, problem);
    answer(socket, problem);
  }

  #forward(journey: Journey, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { forward, observe, sockets, tokenOf } = this.#parts;
    const decision = journey.decide();
    const refusal = refusalOf(journey, decision);
    if (refusal) {
      observe.refusedUpgrade(journey, refusal);
      return answer(socket, refusal);
    }
    const isService = decision.target === 'service' && journey.route !== undefined;
    const target = isService ? journey.route.target : journey.legacy;
    journey.endpoint = target.pick();
    const { clean, method, endpoint, trace } = journey;
    const token = isService ? tokenOf(journey) : undefined;
    const headers = token === undefined ? clean.headers : clean.headers.and(IDENTITY_HEADER, token);
    request.url = clean.target; // What was decided about, whatever form it came in.
    sockets.add(socket);
    forward.upgrade(request, socket, head, endpoint, (trace?.send(headers, method, endpoint) ?? headers).list);
    observe.upgraded(journey, decision);
  }
}

/** Where a body ends and the other protocol begins would be for the target to say, and it is not asked yet. */
function bodyProblem({ clean }: Journey): EdgeProblem | undefined {
  return clean.bodyBytes === 0 ? undefined : problems.malformed;
}

function answer(socket: Duplex, problem: EdgeProblem): void {
  socket.write(problemBytes(problem));
  endGently(socket);
}

function refusalOf({ route, problem }: Journey, { reason, isRefused }: Decision): EdgeProblem | undefined {
  if (problem) return problem;
  if (reason === 'unit-unknown') return problems.unknown;
  return isRefused ? brokenProblem(route?.breaker) : undefined;
}
