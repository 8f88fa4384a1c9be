import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { silentLog, waitUntil, type Log } from '../shared/index.ts';
import type { FeatureSet } from './feature-set.ts';
import { createFileFlagProvider } from './file-flag-provider.ts';
import { describeFlagProvider, recordedFeatures, user, type FlagSource } from './flag-provider.contract.ts';

describeFlagProvider('a watched file', openFile);

describe('a watched file', () => {
  it('is read again when an editor replaces it by another file', async () => {
    const source = await openFile(undefined);
    const next = join(source.directory, 'flags.json.new');
    await writeFile(next, JSON.stringify(recordedFeatures()));
    await rename(next, join(source.directory, 'flags.json'));
    expect(await waitUntil(() => !source.provider.isOff('banyan.trips'), { budgetMs: 20_000 })).toBe(true);
    await source.dispose();
  });

  it('enables nothing any more when it is removed', async () => {
    const source = await openFile(recordedFeatures());
    await rm(join(source.directory, 'flags.json'));
    expect(await waitUntil(() => source.provider.isOff('banyan.trips'), { budgetMs: 20_000 })).toBe(true);
    expect(source.provider.isEnabled('banyan.trips.beta', user('7'))).toBe(false);
    await source.dispose();
  });
});

async function openFile(set: FeatureSet | undefined): Promise<FlagSource & { directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'flags-'));
  const path = join(directory, 'flags.json');
  if (set) await writeFile(path, JSON.stringify(set));
  let refusals = 0;
  const log = { ...silentLog, debug() {}, info() {}, warn() {}, error: () => void refusals++ } as unknown as Log;
  const provider = createFileFlagProvider({ path, log });
  await provider.start();
  return {
    directory,
    provider,
    publish: (next) => writeFile(path, JSON.stringify(next)),
    spoil: async () => {
      await writeFile(path, '{"version":2,"features":[{"name":"banyan');
      await waitUntil(() => refusals > 0, { budgetMs: 20_000 });
    },
    dispose: async () => {
      await provider.stop();
      await rm(directory, { recursive: true });
    },
  };
}
