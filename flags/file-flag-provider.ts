import type { Clock, Log } from '../shared/index.ts';
import { FileSource } from './file-source.ts';
import type { FlagProvider } from './flag-provider.ts';
import { SourcedFlagProvider } from './sourced-flag-provider.ts';

export interface FileFlagOptions {
  readonly path: string;
  readonly log: Log;
  readonly clock?: Clock;
}

/** Flags from a file in the format of `GET /api/client/features`. */
export function createFileFlagProvider({ path, ...options }: FileFlagOptions): FlagProvider {
  return new SourcedFlagProvider({ ...options, source: new FileSource(path, options.log) });
}
