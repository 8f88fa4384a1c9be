import type { Position, Repair, Verification } from '../../cdc/index.ts';
import type { LedgerReport, ShadowOrder, WritePeriods } from '../../edge/index.ts';
import type { SourceWritesReport } from '../callers/source-writes.ts';
import type { Measurements } from '../judgement/gates.ts';
import type { EffectLedger } from '../effects/effect-ledger.ts';
import type { ParkedAnswer, ParkedRequest } from './parked.ts';
import type { ConfigurationOrder, EdgeConfigured } from '../configuration/configuration-order.ts';
import type { DeclaredUnit } from '../configuration/declaration.ts';
import type { Removal } from '../retirement/remove-traces.ts';
import type { Side } from '../stage.ts';

/** The stream that carries legacy's changes to the service, or the one that carries them back. */
export type StreamDirection = 'forward' | 'reverse';

/** Compared rows and those that differed among the keys written since the last clean verification. */
export interface HotCheck {
  readonly rows: number;
  readonly wrong: number;
  /** True when more keys changed than are remembered: then only a full verification can tell. */
  readonly overflowed: boolean;
}

export type FenceOutcome = 'flipped' | 'busy' | 'wrong-epoch';

/** How to verify; travels as JSON. */
export interface VerifyRequest {
  /** Go on where an interrupted run ended. */
  readonly resume?: boolean;
  /** Row by row while both sides work, pass after pass, instead of all rows at one position. */
  readonly continuous?: boolean;
  /** Of a continuous run; without end when not given. */
  readonly passes?: number;
  readonly maxRowsPerS?: number;
  /** Seconds for which one view of the databases may stay open. */
  readonly maxViewS?: number;
  /** What to do with wrong rows afterwards. */
  readonly repair?: 'dry-run' | 'write';
}

export interface VerifyProgress {
  readonly table: string;
  readonly rows: number;
  readonly total: number;
  /** What a continuous run knows so far; with some of its reports only. */
  readonly result?: Verification;
}

export interface VerifyOptions extends VerifyRequest {
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly signal?: AbortSignal;
}

/** A verification, and what was repaired after it, if that was wanted. */
export type UnitVerification = Verification & { readonly repair?: Repair };

/**
 * Everything a controller can do to one unit's databases and streams. `direction` names the stream: forward carries
 * legacy's changes to the service, reverse the other way.
 */
export interface UnitRuntime {
  readonly unit: DeclaredUnit;
  /**
   * Prepares both databases and starts the forward stream (first copying the rows if that was never finished), and the
   * reverse one when it was armed.
   */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Sync and lag are those of the stream that carries the owner's changes. */
  measure(owner: Side): Promise<Measurements>;
  /** Installs legacy's fence, starts the reverse stream and sends it a rehearsal row. Safe to repeat. */
  arm(): Promise<void>;
  disarm(): Promise<void>;
  /**
   * Ends both streams for good and takes fences and bookkeeping out of both databases. Safe to repeat; from the first call on
   * the unit takes no other.
   */
  retire(): Promise<Removal>;
  /** Starts stopped streams again where they stand; `fresh` throws the copy away and takes a new one. */
  resume(options: { fresh: boolean }): Promise<void>;
  /** Position of `side`'s log now. */
  head(side: Side): Promise<Position>;
  /** True once everything `from` wrote up to `position` is applied on the other side. */
  caughtUp(from: Side, position: Position, budgetMs: number): Promise<boolean>;
  /** `owner` says whose rows change meanwhile: the comparison is made at a position of that side's log. */
  verify(direction: StreamDirection, owner: Side, options?: VerifyOptions): Promise<UnitVerification>;
  /** Keys found equal are forgotten, so that a second call within a handover only sees what changed since. */
  verifyHot(owner: Side): Promise<HotCheck>;
  /** Compares all rows of these owner keys, which nobody may be writing on either side. */
  verifyKeys(from: Side, keys: readonly string[]): Promise<HotCheck>;
  /** Changes that wait in the park of either direction: to look at, to apply or to forget. */
  parked(request: ParkedRequest): Promise<ParkedAnswer>;
  /** What writes that were shown to the service would have changed, beside what they did; of the last runs. */
  effectLedgers(): Promise<readonly EffectLedger[]>;
  /** What was written to legacy lately, as its log says. */
  sourceWrites(): Promise<SourceWritesReport>;
  /** Whom `side`'s database lets write now: the unit, or these keys of it; undefined where that is not one and the same. */
  ownerOn(side: Side, keys?: readonly string[]): Promise<Side | undefined>;
  /** The owner keys whose rows are the service's while legacy owns the unit, according to `side`'s database. */
  servedOn(side: Side): Promise<readonly string[]>;
  /** Waits until every open writer of `side` has ended, and lets them all go on: a flip that changes nothing. */
  barrier(side: Side): Promise<'taken' | 'busy'>;
  /** Sets who may write on `side`'s database, the unit or these keys of it; waits for their open writers, bounded. */
  flip(side: Side, to: Side, epoch: number, keys?: readonly string[]): Promise<FenceOutcome>;
}

/** What an edge has counted in a unit, since its start where nothing else is said; of several edges the sum. */
export interface UnitCounts {
  /** Reads of the last minute that came as far as the markers, and those kept on the owner by them. */
  readonly reads: number;
  readonly pinned: number;
  /** Who waits now; absent while an edge does not tell. */
  readonly waits?: EdgeWaits;
  /** How its service is; absent while an edge does not tell. */
  readonly service?: ServiceStanding;
  /** When writes were inside; absent while an edge does not tell. */
  readonly writing?: WritePeriods;
  /** The brownout that an edge has ended. */
  readonly brownoutEnded?: number;
}

/** How the edges find a unit's service; of several edges what the worst of them says. */
export interface ServiceStanding {
  readonly endpoints: number;
  /** Neither unhealthy nor ejected. */
  readonly usable: number;
  /** Routes whose breaker is not closed. */
  readonly brokenRoutes: number;
}

/** Requests of a unit that wait at the edges: for the end of a hold, or for the own write of their subject. */
export interface EdgeWaits {
  readonly hold: number;
  readonly ownWrite: number;
}

/** How much an edge can trust its flags; of several edges the worst. */
export interface FlagStanding {
  /** Since they were last known to be current. */
  readonly ageMs: number;
  readonly isStale: boolean;
}

/** One edge that may be carrying requests. */
export interface EdgeStanding {
  readonly name: string;
  /** Where its admin listener answers, `host:port`; empty when it has none that can be reached. */
  readonly address: string;
  /** How long its connection has been lost; absent while it is connected. */
  readonly silentMs?: number;
}

export interface HoldOptions {
  readonly budgetMs: number;
  readonly keys?: readonly string[] | undefined;
}

/** The edges as a controller sees them. */
export interface EdgeGroup {
  /**
   * Stops admitting writes of the unit at every edge. True when all writes in flight have ended within the budget.
   * Throws when an edge did not acknowledge: nobody knows whether that one still admits writes. With keys, writes of
   * these subjects, and those of nobody.
   */
  hold(unit: string, options: HoldOptions): Promise<boolean>;
  /** Lets the held writes go, once every edge that answers decides with a record of at least `epoch`. Never throws. */
  release(unit: string, epoch: number): Promise<void>;
  /** Undefined while an edge does not tell. */
  counts(unit: string): UnitCounts | undefined;
  /** Tells every edge which runs of mirroring go on, by unit, and that no others do. Never throws. */
  orderRuns(orders: Readonly<Record<string, ShadowOrder>>): void;
  /** What each edge has seen of the last runs it took part in, as it told last. */
  ledgers(): readonly LedgerReport[];
  /** Undefined while an edge does not tell. */
  flags(): FlagStanding | undefined;
  edges(): readonly EdgeStanding[];
  /** Has every edge take up a configuration, or only try it. Answers for each of them, also for those that are silent. */
  configure(order: ConfigurationOrder, budgetMs: number): Promise<EdgeConfigured[]>;
}
