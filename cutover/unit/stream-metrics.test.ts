import { describe, expect, it } from '@jest/globals';
import { parsePosition, type StreamStats } from '../../cdc/index.ts';
import { createMetrics } from '../../shared/index.ts';
import { registerStreamMetrics, type MeasuredStream } from './stream-metrics.ts';

const stats: StreamStats = {
  transactions: 7,
  changes: 20,
  batches: 3,
  batchMs: 1500,
  lastBatchMs: 250,
  batchLimit: 4000,
  retries: 1,
  restarts: 0,
  peerTransactions: 2,
  parkings: 0,
  parked: 4,
};

function stream(kind: 'streaming' | 'idle', lag: () => Promise<{ transactions: number; ms: number }>): MeasuredStream {
  return { state: () => ({ kind }), stats: () => stats, watermark: () => parsePosition('0-1-42,7702-2-5'), lag };
}

describe('stream metrics', () => {
  it('say what every stream is doing at the moment they are asked for', async () => {
    const registry = createMetrics();
    const lagging = stream('streaming', async () => ({ transactions: 12, ms: 3400 }));
    const resting = stream('idle', () => Promise.reject(new Error('not streaming')));
    registerStreamMetrics(registry, [
      { unit: 'trips', streams: { forward: lagging, reverse: resting }, levelAgeMs: () => 250, isRetired: () => false },
    ]);
    const text = await registry.metrics();
    const of = 'unit="trips",direction="forward"';
    expect(text).toContain(`banyan_stream_streaming{${of}} 1`);
    expect(text).toContain(`banyan_stream_lag_transactions{${of}} 12`);
    expect(text).toContain(`banyan_stream_lag_seconds{${of}} 3.4`);
    expect(text).toContain(`banyan_stream_changes_total{${of}} 20`);
    expect(text).toContain(`banyan_stream_parked{${of}} 4`);
    expect(text).toContain('banyan_unit_level_age_seconds{unit="trips"} 0.25');
    expect(text).toContain(`banyan_stream_applied_sequence{${of},domain="7702"} 5`);
  });

  it('leave out a lag nobody could measure', async () => {
    const registry = createMetrics();
    const broken = stream('streaming', () => Promise.reject(new Error('the source is away')));
    registerStreamMetrics(registry, [
      {
        unit: 'trips',
        streams: { forward: broken, reverse: broken },
        levelAgeMs: () => Number.POSITIVE_INFINITY,
        isRetired: () => false,
      },
    ]);
    expect(await registry.metrics()).not.toMatch(/lag_seconds\{|level_age_seconds\{/);
  });
});
