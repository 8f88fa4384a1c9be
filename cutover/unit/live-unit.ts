import {
  compareNumbering,
  createStream,
  flipKeys,
  flipOwner,
  forgetStream,
  installBookkeeping,
  installFence,
  readHead,
  readRetirement,
  readNumbering,
  readOwner,
  readServedKeys,
  readStreamRecord,
  rehearse,
  removeFence,
  takeBarrier,
  verifyKeys,
  verifyOwnerKeys,
  type ChangeSource,
  type FenceOptions,
  type NamedPoint,
  type Numbering,
  type Position,
  type Sides,
  type SnapshotProgress,
  type Stream,
  type StreamState,
  type TableMaps,
} from '../../cdc/index.ts';
import { cutoverErrors } from '../errors.ts';
import { removeTraces, type Removal } from '../retirement/remove-traces.ts';
import { messageOf, openPool, type Log, type Pool, type Tracing } from '../../shared/index.ts';
import { sessionsAtWork } from '../callers/sessions-at-work.ts';
import { SourceWrites, type SourceWritesReport } from '../callers/source-writes.ts';
import type { EffectLedger } from '../effects/effect-ledger.ts';
import { readEffectTables } from '../effects/effect-tables.ts';
import { RecentChanges } from '../effects/recent-changes.ts';
import { UnitEffects, type UnitEffectsOptions } from '../effects/unit-effects.ts';
import type { Measurements } from '../judgement/gates.ts';
import type { Unit } from '../plan/load-plans.ts';
import { askParks, type ParkedAnswer, type ParkedRequest } from './parked.ts';
import type { Side } from '../stage.ts';
import { streamName } from './stream-name.ts';
import type { UnitMarks } from './unit-marks.ts';
import { verifyUnit, type UnitVerification } from './unit-verification.ts';
import type { FenceOutcome, HotCheck, StreamDirection, UnitRuntime, VerifyOptions } from './unit-runtime.ts';

/** One direction of one unit: whose changes are wanted. */
export interface SourceRequest {
  readonly unit: string;
  readonly direction: StreamDirection;
  readonly databaseUrl: string;
  readonly schema: string;
  readonly tables: readonly string[];
  /** Columns, by table, in which the epoch may stand for the zero date. */
  readonly zeroDates: Readonly<Record<string, readonly string[]>>;
}

export interface LiveUnitOptions {
  readonly unit: Unit;
  readonly legacyDatabaseUrl: string;
  /** Where changes come from is the business of whoever composes the process. */
  readonly createSource: (request: SourceRequest) => ChangeSource;
  readonly log: Log;
  readonly tracing?: Tracing | undefined;
  /** Named points of both streams, for tests that delay or stop them. */
  readonly at?: (point: NamedPoint) => void | Promise<void>;
}

/** GTID domains that mark the transactions of each direction's applier, so that the other direction skips them. */
const applierDomains = { forward: 7701, reverse: 7702 } as const;

/** How long a flip of the fence waits for open writers before it gives up and lets them go on. */
const lockWaitMs = 1_000;

interface Peer {
  readonly side: Side;
  readonly url: string;
  readonly schema: string;
  readonly tables: readonly string[];
  readonly pool: Pool;
}

/** A unit on its two real databases. */
export class LiveUnit implements UnitRuntime, UnitMarks {
  readonly unit: Unit;
  readonly forward: Stream;
  readonly reverse: Stream;
  /** Absent while the plan has no write rehearsed. */
  readonly effects: UnitEffects | undefined;
  readonly #peers: Readonly<Record<Side, Peer>>;
  readonly #log: Log;
  readonly #recent: RecentChanges | undefined;
  readonly #writes: SourceWrites;
  #armed = false;
  #isRetired = false;
  #arming: Promise<void> = Promise.resolve();
  #rehearsedAtMs: number | undefined;

  constructor(options: LiveUnitOptions) {
    const { unit, legacyDatabaseUrl } = options;
    const { dataOwnership, service } = unit.plan;
    this.unit = unit;
    this.#log = options.log;
    this.#peers = {
      legacy: { side: 'legacy', url: legacyDatabaseUrl, ...dataOwnership.legacy, pool: openPool(legacyDatabaseUrl) },
      service: { side: 'service', url: service.database, ...dataOwnership.service, pool: openPool(service.database) },
    };
    const recent = unit.plan.apis.some(({ shadow }) => shadow === 'dry-run') ? new RecentChanges() : undefined;
    this.effects = recent && this.#openEffects(recent);
    this.#recent = recent;
    this.#writes = this.#openWrites();
    this.forward = this.#stream('forward', unit.mapping.forward, options);
    this.reverse = this.#stream('reverse', unit.mapping.inverse, options);
  }

  #stream(direction: StreamDirection, maps: TableMaps, options: LiveUnitOptions): Stream {
    const { legacy, service } = this.#peers;
    const [from, to] = direction === 'forward' ? [legacy, service] : [service, legacy];
    const { unit } = this.unit.plan;
    const { log, at, tracing, createSource } = options;
    const { url: databaseUrl, schema, tables } = from;
    const zeroDates = direction === 'forward' ? (this.unit.mapping.zeroDates ?? {}) : {};
    const source = createSource({ unit, direction, databaseUrl, schema, tables, zeroDates });
    return createStream({
      name: streamName(unit, direction),
      unit,
      source: direction === 'forward' ? this.#watched(source) : source,
      sourceUrl: from.url,
      sourceSchema: from.schema,
      targetUrl: to.url,
      targetSchema: to.schema,
      targetTables: to.tables,
      targetSide: to.side,
      isOwnedByKey: this.unit.plan.ownerKey !== undefined,
      maps,
      mappingVersion: this.unit.mapping.version,
      readPeer: () => readStreamRecord(from.pool, streamName(unit, direction === 'forward' ? 'reverse' : 'forward')),
      truncates: this.unit.mapping.truncates?.[direction === 'forward' ? 'forward' : 'inverse'] ?? {},
      onRefusal: this.unit.plan.changes?.onRefusal ?? 'stop',
      ...(direction === 'forward' && this.unit.mapping.derived ? { derived: this.unit.mapping.derived } : {}),
      ownDomain: applierDomains[direction],
      skipDomain: applierDomains[direction === 'forward' ? 'reverse' : 'forward'],
      snapshot: direction === 'forward',
      log,
      ...(at ? { at } : {}),
      ...(tracing ? { tracing } : {}),
    });
  }

  #watched(source: ChangeSource): ChangeSource {
    return this.#writes.watch(this.#recent?.watch(source) ?? source);
  }

  #openWrites(): SourceWrites {
    const { pool, schema, url } = this.#peers.legacy;
    const ownUser = decodeURIComponent(new URL(url).username);
    return new SourceWrites({
      ownDomain: applierDomains.reverse,
      atWork: () => sessionsAtWork(pool, schema, ownUser),
    });
  }

  /** Derived tables are computed by us, and never by the service. */
  #openEffects(recent: RecentChanges): UnitEffects {
    const { plan, mapping } = this.unit;
    const { pool, schema, tables } = this.#peers.service;
    const mapped = tables.filter((table) => !Object.hasOwn(mapping.derived ?? {}, table));
    const { rules, calls } = plan.effects ?? { rules: [], calls: [] };
    const readTables: UnitEffectsOptions['readTables'] = () => readEffectTables(pool, schema, mapped);
    return new UnitEffects({ maps: mapping.forward, plan: { rules, calls }, recent, readTables });
  }

  /** Nothing leads back to legacy any more: it has no streams and takes no commands. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  async start(): Promise<void> {
    const retirement = await readRetirement(this.#peers.service.pool, this.unit.plan.unit);
    if (retirement === 'none') return this.#startStreams();
    this.#isRetired = true;
    if (retirement === 'removing') await this.retire();
  }

  async retire(): Promise<Removal> {
    this.#isRetired = true;
    await this.#arming.catch(() => undefined);
    await Promise.all([this.forward.stop(), this.reverse.stop()]);
    this.#armed = false;
    this.#rehearsedAtMs = undefined;
    const { legacy, service } = this.#peers;
    const { unit } = this.unit.plan;
    return removeTraces({
      unit,
      streams: [streamName(unit, 'forward'), this.#reverseName],
      sides: {
        legacy: { pool: legacy.pool, fence: this.#fenceOf('legacy') },
        service: { pool: service.pool, fence: this.#fenceOf('service') },
      },
    });
  }

  /** Starting a stream anew would clear the service's tables. */
  #requireLiving(): void {
    if (this.#isRetired)
      throw cutoverErrors.error('UNIT_RETIRED', { message: `${this.unit.plan.unit} is retired: it has no streams` });
  }

  async #startStreams(): Promise<void> {
    for (const { pool } of Object.values(this.#peers)) await installBookkeeping(pool);
    await this.#installFence('service');
    await this.forward.start();
    if (await this.#wasArmed()) await this.#resumeReverse();
  }

  /** An armed reverse stream keeps its position row in state streaming until it is disarmed. */
  async #wasArmed(): Promise<boolean> {
    const record = await readStreamRecord(this.#peers.legacy.pool, this.#reverseName);
    return record?.state === 'streaming';
  }

  /**
   * Carries the owner's changes on without waiting for a controller, and shows behind it that they arrive. The forward
   * stream must not fail with it.
   */
  async #resumeReverse(): Promise<void> {
    const failed = (error: unknown): void =>
      this.#log.error({ unit: this.unit.plan.unit, reason: messageOf(error) }, 'the reverse stream did not resume');
    await this.#startReverse().then(() => void this.arm().catch(failed), failed);
  }

  async #startReverse(): Promise<void> {
    if (this.#armed) return;
    await this.#installFence('legacy');
    await this.reverse.start();
    this.#armed = true;
  }

  get #reverseName(): string {
    return streamName(this.unit.plan.unit, 'reverse');
  }

  async stop(): Promise<void> {
    await Promise.all([this.forward.stop(), this.reverse.stop()]);
    await this.#arming.catch(() => undefined);
    await Promise.all(Object.values(this.#peers).map(({ pool }) => pool.end()));
  }

  #installFence(side: Side): Promise<void> {
    return installFence(this.#peers[side].pool, this.#fenceOf(side));
  }

  #fenceOf(side: Side): FenceOptions {
    const { url, schema, tables } = this.#peers[side];
    const { unit, service, ownerKey } = this.unit.plan;
    const keys = ownerKey?.[side];
    const dryRunUser = side === 'service' ? service.dryRunUser : undefined;
    return { unit, side, schema, tables, applyUser: decodeURIComponent(new URL(url).username), dryRunUser, keys };
  }

  /** One at a time: a second rehearsal would overwrite the first one's row. */
  async arm(): Promise<void> {
    this.#requireLiving();
    const arming = this.#arming.catch(() => undefined).then(() => this.#arm());
    this.#arming = arming;
    await arming;
  }

  async #arm(): Promise<void> {
    await this.#startReverse();
    const { legacy, service } = this.#peers;
    const { unit } = this.unit.plan;
    const carried = await rehearse({
      unit,
      stream: this.#reverseName,
      sourceUrl: service.url,
      targetUrl: legacy.url,
      budgetMs: 10_000,
    });
    this.#rehearsedAtMs = carried ? Date.now() : undefined;
  }

  async resume({ fresh }: { fresh: boolean }): Promise<void> {
    this.#requireLiving();
    for (const stream of this.#armed ? [this.forward, this.reverse] : [this.forward]) {
      if (stream.state().kind === 'stopped' || fresh) await stream.stop();
    }
    const { unit } = this.unit.plan;
    if (fresh) await forgetStream(this.#peers.service.pool, streamName(unit, 'forward'));
    await this.forward.start();
    if (this.#armed) await this.reverse.start();
  }

  async disarm(): Promise<void> {
    if (!this.#armed) return;
    await this.reverse.stop();
    await removeFence(this.#peers.legacy.pool, this.#fenceOf('legacy'));
    await forgetStream(this.#peers.legacy.pool, this.#reverseName);
    this.#armed = false;
    this.#rehearsedAtMs = undefined;
  }

  async measure(owner: Side): Promise<Measurements> {
    if (this.#isRetired) return { sync: { state: 'retired', ready: true }, health: await this.#health() };
    const stream = this.#carrier(owner);
    const state = stream.state();
    const [lag, health, parked, numbering] = await Promise.all([
      stream.lag().catch(() => undefined),
      this.#health(),
      this.#countParked().catch(() => undefined),
      this.#numbering().catch(() => undefined),
    ]);
    return {
      sync: { state: describeState(state), ready: state.kind === 'streaming' },
      ...(lag && state.kind === 'streaming' ? { lagMs: lag.ms } : {}),
      ...(Number.isFinite(this.levelAgeMs()) ? { levelAgeMs: this.levelAgeMs() } : {}),
      health,
      ...(parked === undefined ? {} : { parked }),
      ...(numbering && { numbering }),
      reverse: {
        armed: this.#armed && this.reverse.state().kind === 'streaming',
        ...(this.#rehearsedAtMs === undefined ? {} : { rehearsalAgeMs: Date.now() - this.#rehearsedAtMs }),
      },
    };
  }

  /** Where single keys can move both sides give numbers at once. */
  async #numbering(): Promise<Numbering | undefined> {
    if (!this.unit.plan.ownerKey) return undefined;
    const { legacy, service } = this.#peers;
    return compareNumbering(await readNumbering(legacy.pool, legacy), await readNumbering(service.pool, service));
  }

  watermark(direction: StreamDirection): Position {
    return this[direction].watermark();
  }

  levelAgeMs(): number {
    return this.forward.levelAgeMs();
  }

  async #health(): Promise<{ ok: boolean; detail: string }> {
    const base = this.unit.plan.service.url.replace(/\/$/, '');
    for (const path of ['/healthz', '/readyz']) {
      try {
        const response = await fetch(base + path, { signal: AbortSignal.timeout(2_000) });
        await response.body?.cancel();
        if (!response.ok) return { ok: false, detail: `${path} answers ${response.status}` };
      } catch (error) {
        return { ok: false, detail: `${path}: ${messageOf(error)}` };
      }
    }
    return { ok: true, detail: 'ready' };
  }

  head(side: Side): Promise<Position> {
    return readHead(this.#peers[side].pool);
  }

  caughtUp(from: Side, position: Position, budgetMs: number): Promise<boolean> {
    return this.#carrier(from).waitFor(position, { budgetMs });
  }

  /** Also rehearses an armed reverse stream again: the gate that asks for this command wants a rehearsal of the last hour. */
  async verify(direction: StreamDirection, owner: Side, options: VerifyOptions = {}): Promise<UnitVerification> {
    this.#requireLiving();
    if (direction === 'reverse' && this.#armed) await this.arm();
    const { unit } = this.unit.plan;
    const parts = {
      unit,
      sides: this.#comparison(direction, owner),
      stream: this[direction],
      name: streamName(unit, direction),
      targetSide: direction === 'forward' ? 'service' : 'legacy',
      ownDomain: applierDomains[direction],
      mappingVersion: this.unit.mapping.version,
    } as const;
    return verifyUnit(parts, options);
  }

  verifyHot(owner: Side): Promise<HotCheck> {
    return verifyKeys(this.#comparison(owner === 'legacy' ? 'forward' : 'reverse', owner));
  }

  verifyKeys(from: Side, keys: readonly string[]): Promise<HotCheck> {
    const { ownerKey = { legacy: {}, service: {} } } = this.unit.plan;
    const places = { source: ownerKey[from], target: ownerKey[from === 'legacy' ? 'service' : 'legacy'] };
    return verifyOwnerKeys(this.#comparison(from === 'legacy' ? 'forward' : 'reverse', from), { ...places, keys });
  }

  /** What a comparison reads. Forward also maps every row there and back: that is what a rollback could restore. */
  #comparison(direction: StreamDirection, owner: Side): Sides {
    const { legacy, service } = this.#peers;
    const [source, target] = direction === 'forward' ? [legacy, service] : [service, legacy];
    const { forward, inverse, derived } = this.unit.mapping;
    return {
      stream: direction === 'forward' ? this.forward : this.reverse,
      ...(owner === source.side ? {} : { peer: this.#carrier(owner) }),
      sourceUrl: source.url,
      sourceSchema: source.schema,
      targetUrl: target.url,
      targetSchema: target.schema,
      targetTables: target.tables,
      ...(direction === 'forward'
        ? { maps: forward, inverse, ...(derived && { derived }) }
        : { maps: inverse, back: forward }),
    };
  }

  parked(request: ParkedRequest): Promise<ParkedAnswer> {
    return askParks({ forward: this.forward.park, reverse: this.reverse.park }, request);
  }

  effectLedgers(): Promise<readonly EffectLedger[]> {
    return Promise.resolve(this.effects?.report() ?? []);
  }

  sourceWrites(): Promise<SourceWritesReport> {
    return Promise.resolve(this.#writes.report());
  }

  async #countParked(): Promise<number> {
    return (await this.forward.park.count()) + (await this.reverse.park.count());
  }

  async ownerOn(side: Side, keys?: readonly string[]): Promise<Side | undefined> {
    if (!keys) return (await readOwner(this.#peers[side].pool, this.unit.plan.unit))?.owner;
    const served = new Set(await this.servedOn(side));
    if (keys.every((key) => served.has(key))) return 'service';
    return keys.some((key) => served.has(key)) ? undefined : 'legacy';
  }

  servedOn(side: Side): Promise<string[]> {
    return readServedKeys(this.#peers[side].pool, this.unit.plan.unit);
  }

  flip(side: Side, to: Side, epoch: number, keys?: readonly string[]): Promise<FenceOutcome> {
    const { pool } = this.#peers[side];
    const flip = { unit: this.unit.plan.unit, to, epoch, lockWaitMs };
    return keys ? flipKeys(pool, { ...flip, keys }) : flipOwner(pool, flip);
  }

  barrier(side: Side): Promise<'taken' | 'busy'> {
    return takeBarrier(this.#peers[side].pool, { unit: this.unit.plan.unit, lockWaitMs });
  }

  #carrier(owner: Side): Stream {
    return owner === 'legacy' ? this.forward : this.reverse;
  }
}

function describeState(state: StreamState): string {
  if (state.kind === 'stopped') return `stopped (${state.error.code})`;
  return state.kind === 'snapshotting' ? `snapshotting (${describeCopy(state)})` : state.kind;
}

function describeCopy({ rows, totalRows, etaS, waitsFor }: SnapshotProgress): string {
  const percent = totalRows > 0 ? Math.floor((100 * rows) / totalRows) : 0;
  return [`${percent} %`, waitsFor ?? (etaS === undefined ? undefined : `${etaS} s left`)]
    .filter((part) => part !== undefined)
    .join(', ');
}
