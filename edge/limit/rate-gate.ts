import { problems, type EdgeProblem } from '../problem.ts';
import type { RateRule, RateScope } from './rate-rule.ts';
import type { RateCount, RateStore, Taken } from './rate-store.ts';

/** Who a request is counted for. */
export interface Counted {
  /** Undefined for a request that belongs to nobody: rules for subjects do not hold for it. */
  readonly subject: string | undefined;
  address(): string;
}

/** What counting has come to: what to tell the client, and why it may not go on. */
export interface Admission {
  /** `RateLimit-Policy` and `RateLimit`, flat. */
  readonly headers: readonly string[];
  readonly problem: EdgeProblem | undefined;
}

interface Rule extends RateCount {
  readonly per: RateScope;
  /** As the client is told of it. */
  readonly label: string;
}

/** The rules that hold for the requests of one route, or for all. */
export class RateGate {
  readonly #rules: readonly Rule[];
  readonly #store: RateStore;
  readonly #policy: string;

  /** `route` is empty for rules that hold for all requests; the same rules have the same counts at every edge. */
  constructor(everywhere: readonly RateRule[], ofRoute: readonly RateRule[], route: string, store: RateStore) {
    this.#rules = [
      ...everywhere.map((rule) => ({ ...rule, label: rule.per, name: `all ${rule.per}` })),
      ...ofRoute.map((rule) => ({ ...rule, label: labelOf(rule), name: `${route} ${rule.per}` })),
    ];
    this.#store = store;
    this.#policy = this.#rules
      .map(({ label, requests, seconds }) => `"${label}";q=${requests};w=${seconds}`)
      .join(', ');
  }

  /** Counts a request under every rule that holds for it. */
  async admit(request: Counted): Promise<Admission> {
    const states: string[] = [];
    let waitMs = 0;
    for (const rule of this.#rules) {
      const key = keyOf(rule.per, request);
      if (key === undefined) continue;
      const taken = await this.#store.take(rule, key);
      states.push(stateOf(rule.label, taken));
      if (!taken.isAllowed) waitMs = Math.max(waitMs, taken.resetMs, 1);
    }
    const headers = ['RateLimit-Policy', this.#policy, 'RateLimit', states.join(', ')];
    if (waitMs === 0) return { headers: states.length === 0 ? [] : headers, problem: undefined };
    return { headers, problem: { ...problems.tooMany, retryAfterS: Math.ceil(waitMs / 1000) } };
  }
}

function keyOf(per: RateScope, request: Counted): string | undefined {
  if (per === 'route') return 'all';
  return per === 'subject' ? request.subject : networkOf(request.address());
}

/** One client of IPv6 has as many addresses as it likes inside its /64. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail = ''] = address.split('::');
  const front = head.split(':').filter((group) => group !== '');
  const back = address.includes('::') ? tail.split(':').filter((group) => group !== '') : [];
  const middle = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  return [...front, ...middle, ...back].slice(0, 4).join(':');
}

function labelOf({ per }: RateRule): string {
  return per === 'route' ? 'route' : `route-${per}`;
}

function stateOf(label: string, { remaining, resetMs }: Taken): string {
  return `"${label}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`;
}
