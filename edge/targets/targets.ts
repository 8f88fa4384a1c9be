import { isDeepStrictEqual } from 'node:util';
import type { Clock, Log } from '../../shared/index.ts';
import type { Side } from '../decide/unit-state.ts';
import type { Registrations } from '../discovery/registered-endpoints.ts';
import { HostAllowList } from './host-allow-list.ts';
import { LiveTarget } from './live-target.ts';
import type { TargetChoice } from './target-options.ts';

export interface TargetsOptions {
  readonly legacy: TargetChoice;
  readonly services: Readonly<Record<string, TargetChoice>>;
  readonly targetHosts?: readonly string[];
  readonly registrations?: Registrations;
  readonly log: Log;
}

/** All targets of one configuration. Those that did not change are taken over with everything that is known of them. */
export class Targets {
  readonly allowed: HostAllowList;
  readonly legacy: LiveTarget;
  readonly services: ReadonlyMap<string, LiveTarget>;
  readonly #options: TargetsOptions;
  readonly #clock: Clock;

  constructor(options: TargetsOptions, clock: Clock, before?: Targets) {
    const hosts = before ? before.#options.targetHosts : undefined;
    const known = isDeepStrictEqual(hosts, options.targetHosts) ? before : undefined;
    this.#options = options;
    this.#clock = clock;
    this.allowed = known?.allowed ?? new HostAllowList(options.targetHosts);
    this.legacy = this.#open('legacy', 'legacy', options.legacy, known?.legacy);
    const services = Object.entries(options.services).map(([name, choice]) => {
      return [name, this.#open('service', name, choice, known?.services.get(name))] as const;
    });
    this.services = new Map(services);
  }

  get all(): LiveTarget[] {
    return [this.legacy, ...this.services.values()];
  }

  /** Begins to look for endpoints and at their health, where `before` does not do so already. */
  start(before?: Targets): void {
    const running = new Set(before?.all);
    for (const live of this.all) if (!running.has(live)) live.start();
  }

  /** Ends what the next configuration has not taken over. */
  async stop(next?: Targets): Promise<void> {
    const needed = new Set(next?.all);
    await Promise.all(this.all.filter((live) => !needed.has(live)).map((live) => live.stop()));
  }

  /** To be called a few times a second. */
  sweep(): void {
    for (const { target } of this.all) target.sweep();
  }

  #open(side: Side, name: string, choice: TargetChoice, before: LiveTarget | undefined): LiveTarget {
    if (before && isDeepStrictEqual(before.choice, choice)) return before;
    const { registrations, log } = this.#options;
    return new LiveTarget(side, name, choice, { allowed: this.allowed, registrations, clock: this.#clock, log });
  }
}
