import type { Express } from 'express';
import { ASK_ANOTHER, type Registry } from '../../shared/index.ts';
import { serveFeed } from '../remote/feed.ts';
import { answerError, createApi, describeError, serveMetrics, type Mount } from '../remote/http-api.ts';
import type { UnitStates } from '../unit/unit-states.ts';
import type { Leadership, LeaderStanding } from './leadership.ts';

export interface FrontApiParts {
  readonly leadership: Pick<Leadership, 'standing' | 'elsewhere'>;
  /** What edges in other processes follow; every control process knows it. */
  readonly states: UnitStates;
  /** Bearer token every request must carry. */
  readonly token: string;
  /** What `/metrics` answers. */
  readonly registry: Registry;
  /** Gives the flags to SDKs and edges, below /api. */
  readonly flagApi?: Mount | undefined;
  /** Where services register as endpoints, below /v1/targets. */
  readonly endpointApi?: Mount | undefined;
}

/**
 * What a control process answers whether or not it leads. Everything else is for the leader, whose API is `open` for as
 * long as this process is that; a standby refuses it, says who leads, and has done nothing of it.
 */
export class FrontApi {
  readonly app: Express;
  readonly #leadership: FrontApiParts['leadership'];
  #leader: Express | undefined;
  #measured: Registry | undefined;

  constructor({ leadership, states, token, registry, flagApi, endpointApi }: FrontApiParts) {
    this.#leadership = leadership;
    this.app = createApi(token, {
      '/readyz': (_, response) => this.#sayReady(response),
      ...(flagApi && { '/api': flagApi }),
      ...(endpointApi && { '/v1/targets': endpointApi }),
    });
    const metrics = async (): Promise<string> => (await registry.metrics()) + ((await this.#measured?.metrics()) ?? '');
    serveMetrics(this.app, { contentType: registry.contentType, metrics });
    serveFeed(this.app, '/v1/states', states);
    this.app.get('/v1/leader', (_, response) => void response.json(leadership.standing()));
    this.app.use((request, response, next) => {
      if (this.#leader) this.#leader(request, response, next);
      else response.status(ASK_ANOTHER).json({ error: describeError(leadership.elsewhere()) });
    });
    this.app.use(answerError);
  }

  /** `measured` is what this process measures only while it leads. */
  open(leader: Express, measured?: Registry): void {
    this.#leader = leader;
    this.#measured = measured;
  }

  close(): void {
    this.#leader = undefined;
    this.#measured = undefined;
  }

  /** A standby that knows the leader is as ready as it can be. Told to anybody: no secret is in it. */
  #sayReady(response: Parameters<Mount>[1]): void {
    const standing = this.#leadership.standing();
    const isReady = standing.leads ? this.#leader !== undefined : standing.leader !== undefined;
    response.writeHead(isReady ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ready: isReady, ...standing } satisfies LeaderStanding & { ready: boolean }));
  }
}
