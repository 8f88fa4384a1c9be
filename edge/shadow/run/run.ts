import { createHmac, randomUUID } from 'node:crypto';
import { ValueKeeper, type OpenFields } from '../keep/value-keeper.ts';
import { Sampler } from '../mirror/sampler.ts';
import type { Sampling } from '../mirror/sampling.ts';
import { seededRandom } from '../../../shared/index.ts';
import { RouteLedger, type Outcome, type Seen } from './route-ledger.ts';
import type { LedgerReport, SkipReason } from './report.ts';

/** A run as control orders it. */
export interface ShadowOrder {
  readonly run: string;
  readonly sampling: Sampling;
}

/** The run of an edge to which control has given no order. */
export const UNORDERED = '';
const MOST_ROUTES = 500;

/** This edge's part in one run: which reads it takes, and what it has seen of them. */
export class Run {
  readonly name: string;
  readonly sampler: Sampler;
  readonly #id = randomUUID();
  readonly #routes = new Map<string, RouteLedger>();
  readonly #skipped: Partial<Record<SkipReason, number>> = {};
  readonly #parts: Omit<ConstructorParameters<typeof RouteLedger>[0], 'route'>;
  #revision = 0;

  /** `key`: a secret that all edges share. `open`: whose values are kept. */
  constructor({ run, sampling }: ShadowOrder, key: string, open?: OpenFields) {
    this.name = run;
    this.sampler = new Sampler(sampling);
    const hashKey = createHmac('sha256', key).update(`banyan shadow run ${run}`).digest();
    const random = seededRandom(sampling.seed + 1);
    const keeper = new ValueKeeper({ hashKey, ...(open && { open }) });
    this.#parts = { key: hashKey, repeatWindowMs: sampling.repeatS * 1000, keeper, random };
  }

  get revision(): number {
    return this.#revision;
  }

  /** Undefined beyond the routes that are kept. */
  add(seen: Seen): Outcome | undefined {
    this.#revision++;
    return this.#routeOf(seen.read.route)?.add(seen);
  }

  skip(reason: SkipReason): void {
    this.#revision++;
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1;
  }

  report(): LedgerReport {
    const routes = Object.fromEntries([...this.#routes].map(([route, ledger]) => [route, ledger.report()]));
    return { run: this.name, ledger: this.#id, revision: this.#revision, routes, skipped: { ...this.#skipped } };
  }

  #routeOf(route: string): RouteLedger | undefined {
    const known = this.#routes.get(route);
    if (known || this.#routes.size >= MOST_ROUTES) return known;
    const ledger = new RouteLedger({ ...this.#parts, route });
    this.#routes.set(route, ledger);
    return ledger;
  }
}
