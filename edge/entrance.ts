import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf, type Log } from '../shared/index.ts';
import type { AnyRequest, ClientRequest, ClientResponse } from './client.ts';
import type { CurrentConfiguration } from './current-configuration.ts';
import {
  isBodyRead,
  withOriginalUrl,
  type Middleware,
  type MountedRequest,
  type Unmatched,
} from './embed/middleware.ts';
import { cleanse, type CleanRequest } from './hygiene/cleanse.ts';
import type { HygienePolicy } from './hygiene/policy.ts';
import { isBehindLast } from './listen/behind-last.ts';
import { Journey } from './journey.ts';
import { matchRoute } from './match/match-route.ts';
import type { ObserveStep } from './observe/observe-step.ts';
import { ALLOWED, problems, type EdgeProblem } from './problem.ts';
import type { Travel } from './travel.ts';

export interface EntranceParts {
  readonly configuration: CurrentConfiguration;
  readonly policy: HygienePolicy;
  readonly observe: ObserveStep;
  readonly travel: Travel;
  readonly log: Log;
}

/** Where requests come in: hygiene and match, and then on their way; from our own listeners or out of other hands. */
export class Entrance {
  readonly #parts: EntranceParts;
  readonly #configuration: CurrentConfiguration;
  readonly #policy: HygienePolicy;
  readonly #travel: Travel;
  /** Requests come in from a server that is not ours. */
  isMounted = false;
  /** Whoever comes in from such a server is told to leave. */
  isClosing = false;

  constructor(parts: EntranceParts) {
    this.#parts = parts;
    this.#configuration = parts.configuration;
    this.#policy = parts.policy;
    this.#travel = parts.travel;
  }

  /** What the request is, or why it is refused. */
  enter(request: AnyRequest, response: ClientResponse): Journey | EdgeProblem {
    const clean = cleanse(request, this.#policy);
    if ('problem' in clean) return clean.problem;
    const route = this.#match(request, clean);
    if (route === 'ambiguous') return problems.ambiguousPath;
    return new Journey(request, response, clean, route, this.#configuration.now);
  }

  take(request: AnyRequest, response: ClientResponse): void {
    let journey: Journey | EdgeProblem | undefined;
    try {
      journey = this.enter(request, response);
      if ('code' in journey) return this.#parts.observe.refuse(request, response, journey);
      if (journey.clean.isForEdge) return answerForItself(response);
      this.#travel.take(journey);
    } catch (error) {
      this.#fault(error, request, response, journey);
    }
  }

  /** A request out of somebody else's hands: it may have been read, and may be for whoever comes next. */
  takeMounted(request: MountedRequest, response: ServerResponse, next?: () => void): void {
    this.isMounted = true;
    if (isBehindLast(request, response)) return;
    if (this.isClosing) response.shouldKeepAlive = false;
    let journey: Journey | EdgeProblem | undefined;
    try {
      journey = this.enter(request, response);
      if ('code' in journey) return this.#parts.observe.refuse(request, response, journey);
      if (!next || (journey.route && !journey.clean.isForEdge)) return this.#pass(journey, request, response);
    } catch (error) {
      return this.#fault(error, request, response, journey);
    }
    next();
  }

  middleware(unmatched: Unmatched): Middleware {
    return (request, response, next) => {
      const pass = unmatched === 'next' ? next : undefined;
      withOriginalUrl(request, () => this.takeMounted(request, response, pass));
    };
  }

  isRouted(request: IncomingMessage): boolean {
    const clean = cleanse(request, this.#policy);
    return !('problem' in clean) && this.#match(request, clean) !== undefined;
  }

  #pass(journey: Journey, request: MountedRequest, response: ServerResponse): void {
    if (journey.clean.isForEdge) return answerForItself(response);
    if (journey.bodyBytes === 0 || !isBodyRead(request)) return this.#travel.take(journey);
    this.#parts.log.error({ route: journey.route?.path }, problems.bodyRead.title);
    this.#parts.observe.refuse(request, response, problems.bodyRead);
  }

  #match({ method = 'GET' }: ClientRequest, clean: CleanRequest): ReturnType<typeof matchRoute> {
    return matchRoute(this.#configuration.now.routes, method, clean);
  }

  #fault(error: unknown, request: AnyRequest, response: ClientResponse, journey?: Journey | EdgeProblem): void {
    if (journey && !('code' in journey)) return this.#travel.fault(error, journey);
    this.#parts.log.error({ problem: messageOf(error) }, 'request failed inside the edge');
    this.#parts.observe.refuse(request, response, problems.fault);
  }
}

/** The edge's own answer to OPTIONS. */
function answerForItself(response: ClientResponse): void {
  response.writeHead(204, 'No Content', ['Allow', ALLOWED]);
  response.end();
}
