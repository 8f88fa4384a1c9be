import {
  createStream,
  readStreamRecord,
  type ChangeSource,
  type NamedPoint,
  type Stream,
  type StreamOptions,
} from '../../cdc/index.ts';
import type { Log, Tracing } from '../../shared/index.ts';
import type { Unit } from '../plan/load-plans.ts';
import type { Side } from '../stage.ts';
import type { StreamDirection } from '../unit/unit-runtime.ts';
import type { Place, Places } from './places.ts';
import { streamName } from './stream-name.ts';

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

export interface UnitStreamParts {
  readonly unit: Unit;
  readonly places: Places;
  /** Where changes come from is the business of whoever composes the process. */
  readonly createSource: (request: SourceRequest) => ChangeSource;
  readonly log: Log;
  readonly tracing?: Tracing | undefined;
  /** Named points of both streams, for tests that delay or stop them. */
  readonly at?: ((point: NamedPoint) => void | Promise<void>) | undefined;
}

/** GTID domains that mark the transactions of each direction's applier, so that the other direction skips them. */
export const applierDomains = { forward: 7701, reverse: 7702 } as const;

/** The side whose changes a stream carries. */
export function sourceSide(direction: StreamDirection): Side {
  return direction === 'forward' ? 'legacy' : 'service';
}

/** The stream that carries what a side writes. */
export function streamFrom(source: Side): StreamDirection {
  return source === 'legacy' ? 'forward' : 'reverse';
}

export function opposite(direction: StreamDirection): StreamDirection {
  return direction === 'forward' ? 'reverse' : 'forward';
}

/** Only the forward stream begins with a copy of all rows. */
export function openUnitStream(direction: StreamDirection, parts: UnitStreamParts): Stream {
  const { unit, places, log, at, tracing } = parts;
  const from = places[sourceSide(direction)];
  const to = places[sourceSide(opposite(direction))];
  return createStream({
    name: streamName(unit.plan.unit, direction),
    unit: unit.plan.unit,
    source: sourceOf(direction, from, parts),
    sourceUrl: from.url,
    sourceSchema: from.schema,
    targetUrl: to.url,
    targetSchema: to.schema,
    targetTables: to.tables,
    targetSide: to.side,
    isOwnedByKey: unit.plan.ownerKey !== undefined,
    readPeer: () => readStreamRecord(from.pool, streamName(unit.plan.unit, opposite(direction))),
    onRefusal: unit.plan.changes?.onRefusal ?? 'stop',
    ...mappingOf(direction, unit),
    ownDomain: applierDomains[direction],
    skipDomain: applierDomains[opposite(direction)],
    snapshot: direction === 'forward',
    log,
    ...(at ? { at } : {}),
    ...(tracing ? { tracing } : {}),
  });
}

function mappingOf(
  direction: StreamDirection,
  { mapping }: Unit,
): Pick<StreamOptions, 'maps' | 'mappingVersion' | 'truncates' | 'derived'> {
  const way = direction === 'forward' ? 'forward' : 'inverse';
  return {
    maps: mapping[way],
    mappingVersion: mapping.version,
    truncates: mapping.truncates?.[way] ?? {},
    ...(direction === 'forward' && mapping.derived ? { derived: mapping.derived } : {}),
  };
}

function sourceOf(direction: StreamDirection, from: Place, { unit, createSource }: UnitStreamParts): ChangeSource {
  const { url: databaseUrl, schema, tables } = from;
  const zeroDates = direction === 'forward' ? (unit.mapping.zeroDates ?? {}) : {};
  return createSource({ unit: unit.plan.unit, direction, databaseUrl, schema, tables, zeroDates });
}
