/** Time as a collaborator, so that decisions can be tested without waiting. All values are milliseconds. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/** Polls until `ready` answers true. Returns false when the budget ran out or the signal aborted. */
export async function waitUntil(
  ready: () => boolean | Promise<boolean>,
  options: { clock?: Clock; budgetMs: number; everyMs?: number; signal?: AbortSignal },
): Promise<boolean> {
  const { clock = systemClock, budgetMs, everyMs = 5, signal } = options;
  const end = clock.now() + budgetMs;
  while (!(await ready())) {
    if (signal?.aborted || clock.now() >= end) return false;
    await clock.sleep(everyMs, signal);
  }
  return true;
}
