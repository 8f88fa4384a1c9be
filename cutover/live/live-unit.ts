import {
  compareNumbering,
  forgetStream,
  installBookkeeping,
  readHead,
  readNumbering,
  readRetirement,
  verifyKeys,
  verifyOwnerKeys,
  type ChangeSource,
  type Numbering,
  type Position,
  type Stream,
} from '../../cdc/index.ts';
import { sessionsAtWork } from '../callers/sessions-at-work.ts';
import { SourceWrites, type SourceWritesReport } from '../callers/source-writes.ts';
import type { EffectLedger } from '../effects/effect-ledger.ts';
import { readEffectTables } from '../effects/effect-tables.ts';
import { RecentChanges } from '../effects/recent-changes.ts';
import { UnitEffects, type UnitEffectsOptions } from '../effects/unit-effects.ts';
import { cutoverErrors } from '../errors.ts';
import type { Measurements } from '../judgement/gates.ts';
import type { Unit } from '../plan/load-plans.ts';
import { removeTraces, type Removal } from '../retirement/remove-traces.ts';
import type { Side } from '../stage.ts';
import { askParks, type ParkedAnswer, type ParkedRequest } from '../unit/parked.ts';
import type { UnitMarks } from '../unit/unit-marks.ts';
import type {
  FenceOutcome,
  HotCheck,
  StreamDirection,
  UnitRuntime,
  UnitVerification,
  VerifyOptions,
} from '../unit/unit-runtime.ts';
import { comparisonOf } from './comparison.ts';
import { closePlaces, openPlaces, type Places } from './places.ts';
import { askHealth } from './service-health.ts';
import { streamName } from './stream-name.ts';
import { describeState } from './stream-state.ts';
import { UnitFence } from './unit-fence.ts';
import { applierDomains, openUnitStream, streamFrom, type UnitStreamParts } from './unit-stream.ts';
import { verifyUnit } from './verify-unit.ts';
import { WayBack } from './way-back.ts';

export interface LiveUnitOptions extends Omit<UnitStreamParts, 'places'> {
  readonly legacyDatabaseUrl: string;
}

/** A unit on its two real databases. */
export class LiveUnit implements UnitRuntime, UnitMarks {
  readonly unit: Unit;
  readonly forward: Stream;
  readonly reverse: Stream;
  /** Absent while the plan has no write rehearsed. */
  readonly effects: UnitEffects | undefined;
  readonly #places: Places;
  readonly #fence: UnitFence;
  readonly #wayBack: WayBack;
  readonly #writes: SourceWrites;
  #isRetired = false;

  constructor({ legacyDatabaseUrl, ...parts }: LiveUnitOptions) {
    const { unit, log, createSource } = parts;
    const places = openPlaces(unit, legacyDatabaseUrl);
    const recent = unit.plan.apis.some(({ shadow }) => shadow === 'dry-run') ? new RecentChanges() : undefined;
    const writes = openWrites(places);
    const watched = (source: ChangeSource): ChangeSource => writes.watch(recent?.watch(source) ?? source);
    this.unit = unit;
    this.#places = places;
    this.#writes = writes;
    this.effects = recent && openEffects(unit, places, recent);
    this.forward = openUnitStream('forward', {
      ...parts,
      places,
      createSource: (request) => watched(createSource(request)),
    });
    this.reverse = openUnitStream('reverse', { ...parts, places });
    this.#fence = new UnitFence(unit, places);
    this.#wayBack = new WayBack({ unit: this.#name, places, fence: this.#fence, stream: this.reverse, log });
  }

  get #name(): string {
    return this.unit.plan.unit;
  }

  /** Nothing leads back to legacy any more: it has no streams and takes no commands. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  async start(): Promise<void> {
    const retirement = await readRetirement(this.#places.service.pool, this.#name);
    if (retirement === 'none') return this.#startStreams();
    this.#isRetired = true;
    if (retirement === 'removing') await this.retire();
  }

  async #startStreams(): Promise<void> {
    for (const { pool } of Object.values(this.#places)) await installBookkeeping(pool);
    await this.#fence.install('service');
    await this.forward.start();
    if (await this.#wayBack.wasArmed()) await this.#wayBack.resume();
  }

  async stop(): Promise<void> {
    await Promise.all([this.forward.stop(), this.reverse.stop()]);
    await this.#wayBack.settled();
    await closePlaces(this.#places);
  }

  async retire(): Promise<Removal> {
    this.#isRetired = true;
    await this.#wayBack.settled();
    await Promise.all([this.forward.stop(), this.reverse.stop()]);
    this.#wayBack.forget();
    const { legacy, service } = this.#places;
    return removeTraces({
      unit: this.#name,
      streams: [streamName(this.#name, 'forward'), streamName(this.#name, 'reverse')],
      sides: {
        legacy: { pool: legacy.pool, fence: this.#fence.optionsOf('legacy') },
        service: { pool: service.pool, fence: this.#fence.optionsOf('service') },
      },
    });
  }

  /** Starting a stream anew would clear the service's tables. */
  #requireLiving(): void {
    if (this.#isRetired)
      throw cutoverErrors.error('UNIT_RETIRED', { message: `${this.#name} is retired: it has no streams` });
  }

  async arm(): Promise<void> {
    this.#requireLiving();
    await this.#wayBack.arm();
  }

  disarm(): Promise<void> {
    return this.#wayBack.disarm();
  }

  async resume({ fresh }: { fresh: boolean }): Promise<void> {
    this.#requireLiving();
    const isArmed = this.#wayBack.isArmed;
    for (const stream of isArmed ? [this.forward, this.reverse] : [this.forward]) {
      if (stream.state().kind === 'stopped' || fresh) await stream.stop();
    }
    if (fresh) await forgetStream(this.#places.service.pool, streamName(this.#name, 'forward'));
    await this.forward.start();
    if (isArmed) await this.reverse.start();
  }

  async measure(owner: Side): Promise<Measurements> {
    const { url } = this.unit.plan.service;
    if (this.#isRetired) return { sync: { state: 'retired', ready: true }, health: await askHealth(url) };
    const stream = this.#carrier(owner);
    const state = stream.state();
    const [lag, health, parked, numbering] = await Promise.all([
      stream.lag().catch(() => undefined),
      askHealth(url),
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
      reverse: this.#wayBack.measure(),
    };
  }

  /** Where single keys can move both sides give numbers at once. */
  async #numbering(): Promise<Numbering | undefined> {
    if (!this.unit.plan.ownerKey) return undefined;
    const { legacy, service } = this.#places;
    return compareNumbering(await readNumbering(legacy.pool, legacy), await readNumbering(service.pool, service));
  }

  async #countParked(): Promise<number> {
    return (await this.forward.park.count()) + (await this.reverse.park.count());
  }

  watermark(direction: StreamDirection): Position {
    return this[direction].watermark();
  }

  levelAgeMs(): number {
    return this.forward.levelAgeMs();
  }

  head(side: Side): Promise<Position> {
    return readHead(this.#places[side].pool);
  }

  caughtUp(from: Side, position: Position, budgetMs: number): Promise<boolean> {
    return this.#carrier(from).waitFor(position, { budgetMs });
  }

  /** Also rehearses an armed reverse stream again: the gate that asks for this command wants a rehearsal of the last hour. */
  async verify(direction: StreamDirection, owner: Side, options: VerifyOptions = {}): Promise<UnitVerification> {
    this.#requireLiving();
    if (direction === 'reverse' && this.#wayBack.isArmed) await this.arm();
    const parts = {
      unit: this.#name,
      sides: comparisonOf(this, this.#places, direction, owner),
      stream: this[direction],
      name: streamName(this.#name, direction),
      targetSide: direction === 'forward' ? 'service' : 'legacy',
      ownDomain: applierDomains[direction],
      mappingVersion: this.unit.mapping.version,
    } as const;
    return verifyUnit(parts, options);
  }

  verifyHot(owner: Side): Promise<HotCheck> {
    return verifyKeys(comparisonOf(this, this.#places, streamFrom(owner), owner));
  }

  verifyKeys(from: Side, keys: readonly string[]): Promise<HotCheck> {
    const { ownerKey = { legacy: {}, service: {} } } = this.unit.plan;
    const columns = { source: ownerKey[from], target: ownerKey[from === 'legacy' ? 'service' : 'legacy'] };
    return verifyOwnerKeys(comparisonOf(this, this.#places, streamFrom(from), from), { ...columns, keys });
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

  ownerOn(side: Side, keys?: readonly string[]): Promise<Side | undefined> {
    return this.#fence.ownerOn(side, keys);
  }

  servedOn(side: Side): Promise<string[]> {
    return this.#fence.servedOn(side);
  }

  flip(side: Side, to: Side, epoch: number, keys?: readonly string[]): Promise<FenceOutcome> {
    return this.#fence.flip(side, to, epoch, keys);
  }

  barrier(side: Side): Promise<'taken' | 'busy'> {
    return this.#fence.barrier(side);
  }

  #carrier(owner: Side): Stream {
    return this[streamFrom(owner)];
  }
}

function openWrites({ legacy: { pool, schema, url } }: Places): SourceWrites {
  const ownUser = decodeURIComponent(new URL(url).username);
  return new SourceWrites({ ownDomain: applierDomains.reverse, atWork: () => sessionsAtWork(pool, schema, ownUser) });
}

/** Derived tables are computed by us, and never by the service. */
function openEffects({ plan, mapping }: Unit, { service }: Places, recent: RecentChanges): UnitEffects {
  const { pool, schema, tables } = service;
  const mapped = tables.filter((table) => !Object.hasOwn(mapping.derived ?? {}, table));
  const { rules, calls } = plan.effects ?? { rules: [], calls: [] };
  const readTables: UnitEffectsOptions['readTables'] = () => readEffectTables(pool, schema, mapped);
  return new UnitEffects({ maps: mapping.forward, plan: { rules, calls }, recent, readTables });
}
