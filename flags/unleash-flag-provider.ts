import type { Clock, Log } from '../shared/index.ts';
import type { FlagProvider } from './flag-provider.ts';
import { SourcedFlagProvider } from './sourced-flag-provider.ts';
import { SnapshotFile } from './unleash/snapshot-file.ts';
import { UnleashSource } from './unleash/unleash-source.ts';

export interface UnleashFlagOptions {
  /** The API's base, such as https://unleash.example/api. */
  readonly url: string;
  /** A backend token: it names the environment. */
  readonly token: string;
  readonly appName: string;
  /** How often the server is asked; give or take a fifth. */
  readonly refreshMs?: number;
  /** How long one answer may take. */
  readonly timeoutMs?: number;
  /** File that keeps the last good set for a start without the server. */
  readonly snapshotPath?: string;
  readonly log: Log;
  readonly clock?: Clock;
}

/** Flags from an Unleash server, or from whoever speaks like one. */
export function createUnleashFlagProvider(options: UnleashFlagOptions): FlagProvider {
  const { url, token, snapshotPath, refreshMs = 2_000, timeoutMs = 5_000, log } = options;
  const snapshot = snapshotPath ? new SnapshotFile({ path: snapshotPath, url, key: token, log }) : undefined;
  const source = new UnleashSource({ ...options, refreshMs, timeoutMs, snapshot });
  return new SourcedFlagProvider({ ...options, source });
}
