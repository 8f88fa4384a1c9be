import { isBanyanError, messageOf, waitUntil, type ApiClient, type Log } from '../../shared/index.ts';
import { cutoverErrors } from '../errors.ts';
import type { EdgeGroup } from '../unit-runtime.ts';

/** An edge that hears nothing from its controller for this long lets its writes go; the fence refuses the wrong ones. */
const LEASE_MS = 5_000;
const RENEW_EVERY_MS = 1_000;
const SLACK_MS = 1_000;
/** How long the edges may take to learn an epoch before a release goes on without those that did not. */
const LEARN_MS = 2_000;

/** The edges of other processes, through their admin listeners. */
export class RemoteEdgeGroup implements EdgeGroup {
  readonly #edges: readonly ApiClient[];
  readonly #log: Log;
  readonly #renewals = new Map<string, NodeJS.Timeout>();

  constructor(edges: readonly ApiClient[], log: Log) {
    this.#edges = edges;
    this.#log = log;
  }

  async hold(unit: string, { budgetMs }: { budgetMs: number }): Promise<boolean> {
    this.#stopRenewing(unit);
    const renewal = setInterval(() => void this.#renew(unit), RENEW_EVERY_MS);
    this.#renewals.set(unit, renewal.unref());
    const answers = await Promise.all(this.#edges.map((edge) => holdOne(edge, unit, budgetMs)));
    return answers.every(Boolean);
  }

  /** In two rounds: nobody's held writes go before every edge knows the new owner. */
  async release(unit: string, epoch: number): Promise<void> {
    await Promise.all(this.#edges.map((edge) => this.#attempt(edge, unit, () => learn(edge, unit, epoch))));
    this.#stopRenewing(unit);
    await Promise.all(this.#edges.map((edge) => this.#attempt(edge, unit, () => releaseOne(edge, unit))));
  }

  async shadowCounts(unit: string): Promise<{ samples: number; mismatches: number } | undefined> {
    const ask = (edge: ApiClient): Promise<{ samples: number; mismatches: number }> =>
      edge.get(path(unit, 'shadow'), { timeoutMs: SLACK_MS });
    try {
      const counts = await Promise.all(this.#edges.map(ask));
      const sum = (pick: (count: { samples: number; mismatches: number }) => number): number =>
        counts.reduce((total, count) => total + pick(count), 0);
      return { samples: sum(({ samples }) => samples), mismatches: sum(({ mismatches }) => mismatches) };
    } catch {
      return undefined;
    }
  }

  async #renew(unit: string): Promise<void> {
    const renewOne = async (edge: ApiClient): Promise<void> => {
      await edge.post(path(unit, 'renew'), { leaseMs: LEASE_MS }, { timeoutMs: SLACK_MS });
    };
    await Promise.all(this.#edges.map((edge) => this.#attempt(edge, unit, () => renewOne(edge))));
  }

  #stopRenewing(unit: string): void {
    clearInterval(this.#renewals.get(unit));
    this.#renewals.delete(unit);
  }

  /** What fails for one edge must not keep the others; its lease ends by itself. */
  async #attempt(edge: ApiClient, unit: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#log.warn({ unit, edge: edge.url, reason: messageOf(error) }, 'an edge does not answer the controller');
    }
  }
}

async function holdOne(edge: ApiClient, unit: string, budgetMs: number): Promise<boolean> {
  const limits = { timeoutMs: budgetMs + SLACK_MS };
  try {
    const body = { budgetMs, leaseMs: LEASE_MS };
    return (await edge.post<{ drained: boolean }>(path(unit, 'hold'), body, limits)).drained;
  } catch (error) {
    if (isBanyanError(error) && error.code !== 'CONTROL_EDGE_UNREACHABLE') throw error;
    throw cutoverErrors.error('CONTROL_EDGE_UNREACHABLE', {
      message: `the edge at ${edge.url} did not acknowledge the hold of ${unit}: ${messageOf(error)}`,
      cause: error,
    });
  }
}

async function learn(edge: ApiClient, unit: string, epoch: number): Promise<void> {
  const knows = async (): Promise<boolean> => {
    const known = await edge.get<{ epoch: number }>(path(unit, 'epoch'), { timeoutMs: SLACK_MS });
    return known.epoch >= epoch;
  };
  if (await waitUntil(knows, { budgetMs: LEARN_MS, everyMs: 10 })) return;
  throw new Error(`it did not learn epoch ${epoch} of ${unit} within ${LEARN_MS} ms`);
}

async function releaseOne(edge: ApiClient, unit: string): Promise<void> {
  await edge.post(path(unit, 'release'), {}, { timeoutMs: SLACK_MS });
}

function path(unit: string, what: string): string {
  return `/v1/units/${encodeURIComponent(unit)}/${what}`;
}
