import { randomUUID } from 'node:crypto';
import type { Clock } from '../shared/index.ts';
import { unitsOf } from './configuration.ts';
import { mayLink } from './decide/link-rule.ts';
import { Overrides } from './decide/override.ts';
import { UnitGate } from './decide/unit-gate.ts';
import type { Caller } from './identify/caller.ts';
import type { ForeignMark } from './markers/mark-exchange.ts';
import { MarkedClients } from './markers/marked-clients.ts';
import { MarkerCookie } from './markers/marker-cookie.ts';
import { registerKillMetric } from './observe/kill-metric.ts';
import { registerMarkerMetrics } from './observe/marker-metrics.ts';
import type { EdgeMetrics } from './observe/metrics.ts';
import { PINNED_LOOK_MS } from './observe/pinned-share.ts';
import { registerShadowWriteMetric } from './observe/shadow-write-metrics.ts';
import { registerWaitMetrics } from './observe/wait-metrics.ts';
import { defaultShadowLimits, type EdgeLimits, type EdgeOptions } from './options.ts';
import { MemoryAccount } from './shadow/mirror/memory-account.ts';

export interface UnitGatesParts {
  readonly options: EdgeOptions;
  readonly limits: EdgeLimits;
  readonly clock: Clock;
  readonly metrics: EdgeMetrics;
}

const SWEEP_MS = 250;
/** The mark of a unit this edge has no routes of. */
const NOT_OURS: ForeignMark = { end: () => undefined, abandon: () => undefined, drop: () => undefined };

/** The gates of all units, with what they share: clients that carry marks, testers that choose, the other edges. */
export class UnitGates {
  readonly all: ReadonlyMap<string, UnitGate>;
  readonly clients: MarkedClients;
  readonly #timers: readonly NodeJS.Timeout[];

  constructor({ options, limits, clock, metrics }: UnitGatesParts) {
    const { edgeKey: key, registry, exchange } = options;
    const overrides = key ? new Overrides({ key, clock, registry }) : undefined;
    this.clients = new MarkedClients(markerCookie(options), clock, () => metrics.markRefused());
    const { memoryBytes } = { ...defaultShadowLimits, ...options.shadowLimits };
    const memory = new MemoryAccount(memoryBytes);
    const parts = { options, limits, clock, metrics, overrides, clients: this.clients, memory };
    this.all = new Map([...unitsOf(options)].map((name) => [name, new UnitGate({ name, ...parts })]));
    exchange?.follow({
      begun: (mark) => this.all.get(mark.unit)?.markers.begunElsewhere(mark) ?? NOT_OURS,
      membershipChanged: () => this.#each((gate) => gate.raiseFloor()),
    });
    registerKillMetric(registry, this.all);
    registerShadowWriteMetric(registry, this.all);
    registerMarkerMetrics({ registry, gates: this.all, exchange });
    registerWaitMetrics(registry, this.all);
    const sweeper = setInterval(() => this.#each(({ markers }) => markers.sweep()), SWEEP_MS);
    const looker = setInterval(() => this.#each(({ pinned }) => pinned.look()), PINNED_LOOK_MS);
    this.#timers = [sweeper.unref(), looker.unref()];
  }

  /** Throws a RangeError for a unit that no route is of. */
  of(unit: string): UnitGate {
    const gate = this.all.get(unit);
    if (!gate) throw new RangeError(`the edge has no routes of a unit ${unit}`);
    return gate;
  }

  /** Whether somebody who logs in may be taken for the visitor they were. */
  mayLink(visitor: Caller, person: Caller): boolean {
    return mayLink(this.all.values(), visitor, person);
  }

  /** To be called before the first request: each gate learns where its unit stands. */
  open(): void {
    this.#each((gate) => void gate.state);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all([...this.all.values()].map((gate) => gate.close()));
  }

  #each(act: (gate: UnitGate) => void): void {
    for (const gate of this.all.values()) act(gate);
  }
}

/** Without a key that others know the marks hold at this edge. */
function markerCookie({ edgeKey, edgeKeyBefore, identityKey }: EdgeOptions): MarkerCookie {
  return new MarkerCookie([edgeKey || identityKey || randomUUID(), ...(edgeKeyBefore ? [edgeKeyBefore] : [])]);
}
