import { startPostgres, startUnleash, type Postgres, type Unleash } from '../../stack/index.ts';
import type { Feature, FeatureSet, Strategy } from '../feature-set.ts';

/** A real Unleash on a real PostgreSQL, with what a test needs of its admin API. */
export interface UnleashWorld {
  readonly server: Unleash;
  readonly database: Postgres;
  /** Makes the flags of an environment those of the set. */
  publish(set: FeatureSet, environment?: 'development' | 'production'): Promise<void>;
  admin<T>(method: string, path: string, body?: object): Promise<T>;
  stop(): Promise<void>;
}

const FEATURES = '/projects/default/features';

export async function startUnleashWorld(): Promise<UnleashWorld> {
  const database = await startPostgres();
  const server = await startUnleash({ database: database.url });
  const admin = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${server.url}/admin${path}`, {
      method,
      headers: { authorization: server.adminToken, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  const publisher = new Publisher(admin);
  return {
    server,
    database,
    admin,
    publish: (set, environment = 'development') => publisher.publish(set, environment),
    stop: async () => {
      await server.stop();
      await database.stop();
    },
  };
}

/** Carries a set to the admin API, and only what is different from the last one. */
class Publisher {
  readonly #admin: UnleashWorld['admin'];
  readonly #known = new Map<string, string>();
  readonly #enabled = new Map<string, boolean>();
  readonly #segments = new Map<number, number>();

  constructor(admin: UnleashWorld['admin']) {
    this.#admin = admin;
  }

  async publish({ features, segments = [] }: FeatureSet, environment: string): Promise<void> {
    for (const { id, ...segment } of segments) if (!this.#segments.has(id)) await this.#makeSegment(id, segment);
    for (const feature of features) await this.#publishOne(feature, environment);
  }

  async #makeSegment(id: number, { name, constraints }: { name?: unknown; constraints?: unknown }): Promise<void> {
    const made = await this.#admin<{ id: number }>('POST', '/segments', { name, constraints });
    this.#segments.set(id, made.id);
  }

  async #publishOne({ name, type, enabled, strategies }: Feature, environment: string): Promise<void> {
    const place = `${FEATURES}/${name}/environments/${environment}`;
    const definition = JSON.stringify(strategies);
    if (!this.#known.has(name)) await this.#admin('POST', FEATURES, { name, type });
    if (this.#known.get(name) !== definition)
      for (const strategy of strategies) await this.#admin('POST', `${place}/strategies`, this.#translate(strategy));
    this.#known.set(name, definition);
    if (this.#enabled.get(place) !== enabled) await this.#admin('POST', `${place}/${enabled ? 'on' : 'off'}`);
    this.#enabled.set(place, enabled);
  }

  #translate(strategy: Strategy): object {
    const segments = (strategy.segments ?? []).map((id) => this.#segments.get(id));
    return { ...strategy, segments };
  }
}
