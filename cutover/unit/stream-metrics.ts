import type { Stream, StreamStats } from '../../cdc/index.ts';
import { Counter, Gauge, type Registry } from '../../shared/index.ts';
import { sharedReading } from './shared-reading.ts';
import type { StreamDirection } from './unit-runtime.ts';

/** A unit's streams, as its metrics see them. */
export interface MeasuredUnit {
  readonly unit: string;
  readonly streams: Readonly<Record<StreamDirection, MeasuredStream>>;
  levelAgeMs(): number;
  /** Its streams are gone for good: there is nothing to be told of them. */
  isRetired(): boolean;
}

export type MeasuredStream = Pick<Stream, 'state' | 'stats' | 'watermark' | 'lag'>;

const labelNames = ['unit', 'direction'];

const gauges = {
  streaming: 'One while changes are applied as they arrive.',
  lag_transactions: 'Transactions in the log of the source that are not applied yet.',
  lag_seconds: 'For how long, at least, something in the log of the source has not been applied.',
  batch_limit: 'How many changes the next target transaction may hold.',
  last_batch_seconds: 'How long the last target transaction took.',
  parked: 'Changes that wait in the park.',
  copied_rows: 'Rows copied by the first copy, while it runs.',
} as const;

const counters = {
  transactions: 'Source transactions applied.',
  changes: 'Row changes applied.',
  batches: 'Target transactions.',
  batch_seconds: 'Time spent in target transactions.',
  retries: 'Target transactions tried again.',
  restarts: 'Readings of the source begun again in the middle of a large transaction.',
  peer_transactions: 'Transactions of the other direction that were passed over.',
  parkings: 'Changes put into the park.',
} as const;

type Values<Names extends object> = Readonly<Record<keyof Names, number>>;

/**
 * Publishes every unit's streams as `banyan_stream_*`. Values are read when somebody asks for them; a lag that cannot be
 * measured is absent, never zero.
 */
export function registerStreamMetrics(registry: Registry, units: readonly MeasuredUnit[]): void {
  const metrics = new StreamMetrics(registry, async () => {
    const living = units.filter((unit) => !unit.isRetired());
    const streams = living.flatMap((unit) => (['forward', 'reverse'] as const).map((way) => [unit, way] as const));
    for (const unit of living) metrics.showLevel(unit);
    await Promise.all(
      streams.map(([{ unit, streams: of }, direction]) => metrics.read({ unit, direction }, of[direction])),
    );
  });
}

class StreamMetrics {
  readonly #gauges: ReadonlyMap<string, Gauge>;
  readonly #counters: ReadonlyMap<string, Counter>;
  readonly #position: Gauge;
  readonly #level: Gauge;

  /** All metrics of one answer share one reading. */
  constructor(registry: Registry, read: () => Promise<void>) {
    const once = sharedReading(() => {
      for (const each of [...this.#gauges.values(), ...this.#counters.values(), this.#position, this.#level])
        each.reset();
      return read();
    });
    const shared = { labelNames, registers: [registry], collect: once };
    const all = Object.entries;
    this.#gauges = new Map(
      all(gauges).map(([n, help]) => [n, new Gauge({ ...shared, name: `banyan_stream_${n}`, help })]),
    );
    this.#counters = new Map(
      all(counters).map(([n, help]) => [n, new Counter({ ...shared, name: `banyan_stream_${n}_total`, help })]),
    );
    this.#position = new Gauge({
      ...shared,
      name: 'banyan_stream_applied_sequence',
      help: 'Sequence number of the newest applied transaction, by domain of the source.',
      labelNames: [...labelNames, 'domain'],
    });
    this.#level = new Gauge({
      ...shared,
      name: 'banyan_unit_level_age_seconds',
      help: 'How long ago the copy was last known to hold everything legacy held; the edges go by it.',
      labelNames: ['unit'],
    });
  }

  showLevel(unit: MeasuredUnit): void {
    const ageMs = unit.levelAgeMs();
    if (Number.isFinite(ageMs)) this.#level.set({ unit: unit.unit }, ageMs / 1000);
  }

  async read(labels: { unit: string; direction: string }, stream: MeasuredStream): Promise<void> {
    const stats = stream.stats();
    const values = await gaugesOf(stream, stats);
    for (const [name, value] of Object.entries(values))
      if (!Number.isNaN(value)) this.#gauges.get(name)?.set(labels, value);
    for (const [name, value] of Object.entries(countersOf(stats))) this.#counters.get(name)?.inc(labels, value);
    for (const [domain, { sequence }] of stream.watermark())
      this.#position.set({ ...labels, domain: String(domain) }, Number(sequence));
  }
}

async function gaugesOf(stream: MeasuredStream, stats: StreamStats): Promise<Values<typeof gauges>> {
  const isStreaming = stream.state().kind === 'streaming';
  const lag = isStreaming ? await stream.lag().catch(() => undefined) : undefined;
  return {
    streaming: isStreaming ? 1 : 0,
    lag_transactions: lag?.transactions ?? Number.NaN,
    lag_seconds: lag ? lag.ms / 1000 : Number.NaN,
    batch_limit: stats.batchLimit,
    last_batch_seconds: stats.lastBatchMs / 1000,
    parked: stats.parked,
    copied_rows: stats.snapshot?.rows ?? Number.NaN,
  };
}

function countersOf(stats: StreamStats): Values<typeof counters> {
  return {
    transactions: stats.transactions,
    changes: stats.changes,
    batches: stats.batches,
    batch_seconds: stats.batchMs / 1000,
    retries: stats.retries,
    restarts: stats.restarts,
    peer_transactions: stats.peerTransactions,
    parkings: stats.parkings,
  };
}
