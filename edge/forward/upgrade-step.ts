import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnyRequest, ClientResponse } from '../client.ts';
import type { UpgradeForwarder } from './forwarder.ts';
import { IDENTITY_HEADER } from '../identify/identity-token.ts';
import type { Journey } from '../journey.ts';
import { brokenProblem, problemBytes, type EdgeProblem } from '../problem.ts';

/** What the entrance makes of a request: a journey, or a reason to refuse it. */
export type Entrance = (request: AnyRequest, response: ClientResponse) => Journey | EdgeProblem;

/** A WebSocket follows its route's decision once, at the handshake, and stays there. */
export class UpgradeStep {
  readonly #enter: Entrance;
  readonly #forwarder: UpgradeForwarder;
  readonly #tokenOf: (journey: Journey) => string;

  constructor(enter: Entrance, forwarder: UpgradeForwarder, tokenOf: (journey: Journey) => string) {
    this.#enter = enter;
    this.#forwarder = forwarder;
    this.#tokenOf = tokenOf;
  }

  /** Returns the journey and its decision, or why the socket was refused. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): EdgeProblem | Journey {
    socket.on('error', () => socket.destroy());
    const journey = this.#enter(request, undefined as unknown as ClientResponse);
    if ('code' in journey) {
      socket.end(problemBytes(journey));
      return journey;
    }
    const decision = journey.decide();
    if (decision.isRefused) {
      const problem = brokenProblem(journey.route?.breaker);
      socket.end(problemBytes(problem));
      return problem;
    }
    const isService = decision.target === 'service' && journey.route !== undefined;
    const target = isService ? journey.route.target : journey.legacy;
    const identity = isService && journey.caller ? [IDENTITY_HEADER, this.#tokenOf(journey)] : [];
    this.#forwarder.upgrade(request, socket, head, target.pick(), [...journey.clean.headers, ...identity]);
    return journey;
  }
}
