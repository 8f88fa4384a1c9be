import type { EdgeOptions } from '../../edge/index.ts';
import { canary } from '../../edge/testing/edge.fixture.ts';

/** What an edge is handed and asks on every request. */
export const HOOKS = ['units', 'flags', 'copies', 'traces', 'ends of traces'] as const;
export type Hook = (typeof HOOKS)[number];

/** Options whose hooks all work, but the one that is named broken. */
export class FailingHooks {
  broken: Hook | undefined;
  readonly options: Partial<EdgeOptions> = {
    unitState: () => this.#ask('units', canary()),
    flags: {
      isEnabled: () => this.#ask('flags', true),
      isOff: () => this.#ask('flags', false),
      revision: () => 'test',
      features: () => undefined,
      health: () => ({ ageMs: 0, isStale: false, failures: {} }),
      onChange: () => () => undefined,
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    },
    watermarks: {
      head: () => Promise.resolve({ at: 1 }),
      isLevel: () => this.#ask('copies', true),
      isApplied: () => true,
    },
    tracing: { begin: () => this.#ask('traces', this.#span), close: () => Promise.resolve() },
  };
  readonly #span = {
    place: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: false },
    set: () => undefined,
    end: () => this.#ask('ends of traces', undefined),
  };

  #ask<T>(hook: Hook, answer: T): T {
    if (this.broken === hook) throw new Error('broken on purpose');
    return answer;
  }
}
