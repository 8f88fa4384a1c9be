import { follow, type FollowOptions } from '../apply/follow.ts';
import { HotKeys } from '../apply/hot-keys.ts';
import type { TargetSession } from '../apply/target-session.ts';
import { requireEmpty, type UnitTables } from '../apply/unit-tables.ts';
import type { Derivations } from '../derived/derived-tables.ts';
import type { SnapshotProgress } from '../snapshot/copy-meter.ts';
import { copyTables, type FollowPart } from '../snapshot/snapshot.ts';
import type { ClaimedStream } from './claim.ts';
import type { StreamOptions } from './stream-options.ts';

export interface FirstCopyOptions {
  readonly options: StreamOptions;
  readonly record: ClaimedStream;
  readonly tables: UnitTables;
  readonly derivations: Derivations;
  /** How changes are applied while the copy is made, as far as every follower of the run has it in common. */
  readonly follows: Omit<FollowOptions, keyof FollowPart | 'hot' | 'passesSchemaChange'>;
  readonly openSession: () => TargetSession;
  readonly onProgress: (progress: SnapshotProgress) => void;
  readonly signal: AbortSignal;
}

/** Copies all rows of a unit, or goes on with a copy that was interrupted. */
export async function firstCopy(parts: FirstCopyOptions): Promise<void> {
  const { options, record, tables, derivations, openSession, signal } = parts;
  const { targetUrl, copy: limits = {}, throttle = {}, at = () => undefined } = options;
  if (record.state === 'new') await requireEmpty(targetUrl, tables.target.values());
  // The peer's writes are carried: the copy began without them.
  const follows = { ...parts.follows, hot: new HotKeys(), skipDomain: -1, passesSchemaChange: false };
  await copyTables(
    {
      ...options,
      epoch: record.epoch,
      sourceTables: tables.source,
      targetTables: tables.target,
      tables: tables.written,
      derivations,
      follow: (part) => follow({ ...follows, ...part }),
      openSession,
      limits,
      throttle,
      at,
      onProgress: (progress) => {
        parts.onProgress(progress);
        options.onProgress?.(progress);
      },
      signal,
    },
    record,
  );
  await at('snapshot:finished');
}
