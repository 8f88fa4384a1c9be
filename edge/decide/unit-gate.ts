import { randomUUID } from 'node:crypto';
import { unitFlag, type FlagProvider } from '../../flags/index.ts';
import type { AnswerRewriter } from '../answers/answer-rewriter.ts';
import { Brownout } from './brownout.ts';
import type { CallerUnit } from '../identify/caller.ts';
import type { Breaker } from '../breaker/breaker.ts';
import { Hold } from './hold.ts';
import type { MarkExchange } from '../markers/mark-exchange.ts';
import type { MarkedClients } from '../markers/marked-clients.ts';
import type { Overrides } from './override.ts';
import { Markers } from '../markers/markers.ts';
import type { Watermarks } from '../markers/watermarks.ts';
import type { EdgeMetrics } from '../observe/metrics.ts';
import type { RouteCounts } from '../observe/route-counts.ts';
import type { Route } from '../match/route-table.ts';
import { defaultShadowLimits, type EdgeLimits, type EdgeOptions } from '../options.ts';
import type { RateGate } from '../limit/rate-gate.ts';
import { PinnedShare } from '../observe/pinned-share.ts';
import type { MemoryAccount } from '../shadow/mirror/memory-account.ts';
import { valuesKey } from '../shadow/keep/sealed-value.ts';
import { Shadow } from '../shadow/shadow.ts';
import type { Recording } from '../record/recording.ts';
import { ShadowWrites } from '../shadow-writes/shadow-writes.ts';
import type { Target } from '../targets/target.ts';
import type { Clock } from '../../shared/index.ts';
import type { Side, UnitState } from './unit-state.ts';
import { Waits } from './waits.ts';

export interface GateParts {
  readonly name: string;
  readonly options: EdgeOptions;
  readonly limits: EdgeLimits;
  readonly clock: Clock;
  readonly metrics: EdgeMetrics;
  readonly overrides: Overrides | undefined;
  readonly clients: MarkedClients;
  readonly memory: MemoryAccount;
}

/** Everything the edge keeps for one unit. */
export class UnitGate implements CallerUnit {
  readonly name: string;
  readonly salt: string;
  readonly hold: Hold;
  readonly waits: Waits;
  readonly brownout = new Brownout();
  readonly markers: Markers;
  readonly shadow: Shadow;
  readonly shadowWrites: ShadowWrites;
  /** Requests are being recorded. */
  recording: Recording | undefined;
  readonly pinned: PinnedShare;
  readonly flags: FlagProvider;
  readonly clock: Clock;
  /** Absent where testers cannot choose. */
  readonly overrides: Overrides | undefined;
  readonly #flag: string;
  readonly #killSwitch: EdgeOptions['killSwitch'];
  readonly #watermarks: Watermarks;
  readonly #unitState: (unit: string) => UnitState | undefined;
  readonly #exchange: MarkExchange | undefined;
  readonly #clients: MarkedClients;
  readonly #unsubscribe: () => void;
  #epoch = Number.NaN;
  #wasLevel = true;
  #wasKilled = false;

  constructor(parts: GateParts) {
    const { name, options, limits, clock, metrics, overrides } = parts;
    this.#clients = parts.clients;
    this.name = name;
    this.salt = options.salts[name] ?? '';
    this.flags = options.flags;
    this.#flag = unitFlag(name);
    this.#killSwitch = options.killSwitch;
    this.clock = clock;
    this.overrides = overrides;
    this.#unitState = (unit) => options.unitState(unit);
    this.hold = new Hold(clock, { byWriter: options.ownedByKey?.has(name) ?? false });
    this.waits = new Waits(clock);
    const { watermarks, log } = options;
    this.#watermarks = watermarks;
    this.#exchange = options.exchange;
    const { unknownOutcomeMs } = limits;
    this.markers = new Markers({ unit: name, watermarks, clock, log, unknownOutcomeMs, exchange: options.exchange });
    this.#unsubscribe = options.flags.onChange(() => this.raiseFloor());
    this.pinned = new PinnedShare(() => metrics.routesOf(name));
    const shadow = {
      unit: name,
      watermarks,
      limits: { ...defaultShadowLimits, ...options.shadowLimits },
      memory: parts.memory,
      key: options.edgeKey || options.identityKey || randomUUID(),
      lookup: limits.lookup,
      clock,
      log,
    };
    this.shadowWrites = new ShadowWrites({
      ...shadow,
      judge: options.effects,
      latch: options.writeLatch,
      run: () => this.shadow.ordered,
      count: (route, result) => metrics.shadowWrite(name, route, result),
    });
    const sealing = options.shadowKey ? valuesKey(options.shadowKey) : undefined;
    const count = (result: string): void => metrics.shadow(name, result);
    this.shadow = new Shadow({ ...shadow, valuesKey: sealing, count });
  }

  /** True when the unit's gate is off for everybody, or an operator has killed it at this edge. */
  get isKilled(): boolean {
    const isKilled = this.#killSwitch?.isKilled(this.name) === true || this.flags.isOff(this.#flag);
    if (isKilled !== this.#wasKilled) this.#killChanged(isKilled);
    return isKilled;
  }

  /** True while nobody answers for what the other edges do. Never where there can be no others. */
  get isFrozen(): boolean {
    return this.#exchange !== undefined && !this.#exchange.isLive();
  }

  /** True when the other side shows everything that a client says, by its cookie, to have written on `side`. */
  isCarriedApplied(cookies: string, side: Side): boolean {
    return this.#clients.isApplied(cookies, this.name, side, this.markers);
  }

  /** False while the service's copy is late, or nobody can tell. */
  get isLevel(): boolean {
    const isLevel = this.#watermarks.isLevel(this.name);
    if (isLevel !== this.#wasLevel) this.#levelChanged(isLevel);
    return isLevel;
  }

  /** Undefined while nobody has told. */
  get state(): UnitState | undefined {
    const state = this.#unitState(this.name);
    if (state && state.epoch !== this.#epoch) this.#epochChanged(state);
    return state;
  }

  /**
   * Treats everybody as having just written. To be called when something changes by which reads may move: whoever comes
   * from the owner to the copy must not see the past again.
   */
  raiseFloor(): void {
    const state = this.#unitState(this.name);
    if (state) this.#raiseFloors(state);
  }

  #raiseFloors({ owner, served }: UnitState): void {
    void this.markers.raiseFloor(owner);
    if (served !== undefined && owner === 'legacy') void this.markers.raiseFloor('service');
  }

  #killChanged(isKilled: boolean): void {
    this.#wasKilled = isKilled;
    if (!isKilled) this.raiseFloor();
  }

  #levelChanged(isLevel: boolean): void {
    this.#wasLevel = isLevel;
    if (isLevel) this.raiseFloor();
  }

  /**
   * Also in the moment the owner becomes known, before anything is decided by it: a fresh process does not know who
   * wrote.
   */
  #epochChanged(state: UnitState): void {
    this.#epoch = state.epoch;
    this.#raiseFloors(state);
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.hold.release();
    this.markers.close();
    await this.shadow.close();
    await this.shadowWrites.close();
  }
}

/** A route of a plan with what its requests need at hand. */
export interface CompiledRoute extends Route {
  /** As in a plan: `GET /api/trips/{id}`. */
  readonly key: string;
  readonly gate: UnitGate;
  readonly target: Target;
  readonly breaker: Breaker;
  readonly counts: RouteCounts;
  readonly maxBodyBytes: number;
  /** Where its requests are in a bulkhead. */
  readonly place: number;
  /** What becomes of the addresses and cookies in its service's answers. */
  readonly answers: AnswerRewriter | undefined;
  /** Undefined where nothing limits how often it is asked for. */
  readonly rateGate: RateGate | undefined;
  /** Which segment of its path names the entity; below zero: none does. */
  readonly entityAt: number;
}
