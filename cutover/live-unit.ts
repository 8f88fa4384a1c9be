import {
  createBinlogChangeSource,
  createStream,
  flipOwner,
  forgetStream,
  installBookkeeping,
  installFence,
  readHead,
  readOwner,
  rehearse,
  removeFence,
  verify,
  verifyKeys,
  type FenceOptions,
  type NamedPoint,
  type Position,
  type Stream,
  type StreamState,
  type TableMaps,
  type Verification,
  type VerifyOptions as VerifyInputs,
} from '../cdc/index.ts';
import { messageOf, openPool, type Log, type Pool } from '../shared/index.ts';
import type { Measurements } from './gates.ts';
import type { Unit } from './load-plans.ts';
import type { Side } from './stage.ts';
import type { FenceOutcome, HotCheck, UnitRuntime, VerifyOptions } from './unit-runtime.ts';

export interface LiveUnitOptions {
  readonly unit: Unit;
  readonly legacyDatabaseUrl: string;
  readonly log: Log;
  /** Named points of both streams, for tests that delay or stop them. */
  readonly at?: (point: NamedPoint) => void | Promise<void>;
}

/** GTID domains that mark the transactions of each direction's applier, so that the other direction skips them. */
const applierDomains = { forward: 7701, reverse: 7702 } as const;

/** How long a flip of the fence waits for open writers before it gives up and lets them go on. */
const lockWaitMs = 1_000;

type StreamName = 'forward' | 'reverse';

interface Peer {
  readonly side: Side;
  readonly url: string;
  readonly schema: string;
  readonly tables: readonly string[];
  readonly pool: Pool;
}

/** A unit on its two real databases. */
export class LiveUnit implements UnitRuntime {
  readonly unit: Unit;
  readonly forward: Stream;
  readonly reverse: Stream;
  readonly #peers: Readonly<Record<Side, Peer>>;
  #armed = false;
  #rehearsedAtMs: number | undefined;

  constructor(options: LiveUnitOptions) {
    const { unit, legacyDatabaseUrl } = options;
    const { dataOwnership, service } = unit.plan;
    this.unit = unit;
    this.#peers = {
      legacy: { side: 'legacy', url: legacyDatabaseUrl, ...dataOwnership.legacy, pool: openPool(legacyDatabaseUrl) },
      service: { side: 'service', url: service.database, ...dataOwnership.service, pool: openPool(service.database) },
    };
    this.forward = this.#stream('forward', unit.mapping.forward, options);
    this.reverse = this.#stream('reverse', unit.mapping.inverse, options);
  }

  #stream(direction: StreamName, maps: TableMaps, { log, at }: LiveUnitOptions): Stream {
    const { legacy, service } = this.#peers;
    const [from, to] = direction === 'forward' ? [legacy, service] : [service, legacy];
    const { unit } = this.unit.plan;
    return createStream({
      name: `${unit}:${direction}`,
      unit,
      source: createBinlogChangeSource({ databaseUrl: from.url, schema: from.schema, tables: [...from.tables], log }),
      sourceUrl: from.url,
      sourceSchema: from.schema,
      targetUrl: to.url,
      targetSchema: to.schema,
      targetTables: to.tables,
      targetSide: to.side,
      maps,
      mappingVersion: this.unit.mapping.version,
      ownDomain: applierDomains[direction],
      skipDomain: applierDomains[direction === 'forward' ? 'reverse' : 'forward'],
      snapshot: direction === 'forward',
      log,
      ...(at ? { at } : {}),
    });
  }

  async start(): Promise<void> {
    for (const { pool } of Object.values(this.#peers)) await installBookkeeping(pool);
    await this.#installFence('service');
    await this.forward.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.forward.stop(), this.reverse.stop()]);
    await Promise.all(Object.values(this.#peers).map(({ pool }) => pool.end()));
  }

  #installFence(side: Side): Promise<void> {
    return installFence(this.#peers[side].pool, this.#fenceOf(side));
  }

  #fenceOf(side: Side): FenceOptions {
    const { url, schema, tables } = this.#peers[side];
    return { unit: this.unit.plan.unit, side, schema, tables, applyUser: decodeURIComponent(new URL(url).username) };
  }

  async arm(): Promise<void> {
    if (!this.#armed) {
      await this.#installFence('legacy');
      await this.reverse.start();
      this.#armed = true;
    }
    const { legacy, service } = this.#peers;
    const { unit } = this.unit.plan;
    const carried = await rehearse({
      unit,
      stream: `${unit}:reverse`,
      sourceUrl: service.url,
      targetUrl: legacy.url,
      budgetMs: 10_000,
    });
    this.#rehearsedAtMs = carried ? Date.now() : undefined;
  }

  async resume({ fresh }: { fresh: boolean }): Promise<void> {
    for (const stream of this.#armed ? [this.forward, this.reverse] : [this.forward]) {
      if (stream.state().kind === 'stopped' || fresh) await stream.stop();
    }
    const { unit } = this.unit.plan;
    if (fresh) await forgetStream(this.#peers.service.pool, `${unit}:forward`);
    await this.forward.start();
    if (this.#armed) await this.reverse.start();
  }

  async disarm(): Promise<void> {
    if (!this.#armed) return;
    await this.reverse.stop();
    await removeFence(this.#peers.legacy.pool, this.#fenceOf('legacy'));
    this.#armed = false;
    this.#rehearsedAtMs = undefined;
  }

  async measure(owner: Side): Promise<Measurements> {
    const stream = this.#carrier(owner);
    const state = stream.state();
    const [lag, health] = await Promise.all([stream.lag().catch(() => undefined), this.#health()]);
    return {
      sync: { state: describeState(state), ready: state.kind === 'streaming' },
      ...(lag && state.kind === 'streaming' ? { lagMs: lag.ms } : {}),
      health,
      reverse: {
        armed: this.#armed && this.reverse.state().kind === 'streaming',
        ...(this.#rehearsedAtMs === undefined ? {} : { rehearsalAgeMs: Date.now() - this.#rehearsedAtMs }),
      },
    };
  }

  /** The heartbeat looks five times a second; one missed look is no lag. */
  isLevel(): boolean {
    return this.forward.levelAgeMs() <= this.unit.plan.gates.lag.maxMs + 500;
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
  async verify(direction: StreamName, owner: Side, options: VerifyOptions = {}): Promise<Verification> {
    if (direction === 'reverse' && this.#armed) await this.arm();
    return verify({ ...this.#comparison(direction, owner), ...options });
  }

  verifyHot(owner: Side): Promise<HotCheck> {
    return verifyKeys(this.#comparison(owner === 'legacy' ? 'forward' : 'reverse', owner));
  }

  /** What a comparison reads. Forward also maps every row there and back: that is what a rollback could restore. */
  #comparison(direction: StreamName, owner: Side): VerifyInputs {
    const { legacy, service } = this.#peers;
    const [source, target] = direction === 'forward' ? [legacy, service] : [service, legacy];
    const { forward, inverse } = this.unit.mapping;
    return {
      stream: direction === 'forward' ? this.forward : this.reverse,
      ...(owner === source.side ? {} : { peer: this.#carrier(owner) }),
      sourceUrl: source.url,
      sourceSchema: source.schema,
      targetUrl: target.url,
      targetSchema: target.schema,
      targetTables: target.tables,
      ...(direction === 'forward' ? { maps: forward, inverse } : { maps: inverse }),
    };
  }

  async ownerOn(side: Side): Promise<Side | undefined> {
    return (await readOwner(this.#peers[side].pool, this.unit.plan.unit))?.owner;
  }

  flip(side: Side, to: Side, epoch: number): Promise<FenceOutcome> {
    return flipOwner(this.#peers[side].pool, { unit: this.unit.plan.unit, to, epoch, lockWaitMs });
  }

  #carrier(owner: Side): Stream {
    return owner === 'legacy' ? this.forward : this.reverse;
  }
}

function describeState(state: StreamState): string {
  return state.kind === 'stopped' ? `stopped (${state.error.code})` : state.kind;
}
