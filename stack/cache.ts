import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where fetched programs and templates live between runs: never inside the repository. */
export async function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): Promise<string> {
  const folder = env['BANYAN_CACHE'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'banyan');
  await mkdir(folder, { recursive: true });
  return folder;
}
