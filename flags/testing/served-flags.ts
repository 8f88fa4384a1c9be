import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, waitUntil } from '../../shared/index.ts';
import { freePort } from '../../stack/index.ts';
import type { FeatureSet } from '../feature-set.ts';
import { createFileFlagProvider } from '../file-flag-provider.ts';
import type { FlagProvider } from '../flag-provider.ts';
import { FlagServer } from '../serve/flag-server.ts';
import type { StreamLimits } from '../serve/flag-streams.ts';

export const servedToken = 'token-of-the-flag-server';

/** Our own flag server over a real flag file, and the ways to change and to break it. */
export interface ServedFlags {
  /** As an SDK wants it. */
  readonly url: string;
  readonly flags: FlagProvider;
  readonly server: FlagServer;
  /** Resolves when the provider behind the server knows the set. */
  publish(set: FeatureSet): Promise<void>;
  /** Ends the listener with every connection; `open` starts it again on the same port. */
  close(): Promise<void>;
  open(): Promise<void>;
  dispose(): Promise<void>;
}

export async function serveFlags(
  set: FeatureSet,
  limits: Partial<StreamLimits> = {},
  flags?: FlagProvider,
): Promise<ServedFlags> {
  const folder = await mkdtemp(join(tmpdir(), 'flags-'));
  const path = join(folder, 'flags.json');
  await writeFile(path, JSON.stringify(set));
  const provider = flags ?? createFileFlagProvider({ path, log: silentLog });
  if (!flags) await provider.start();
  const server = new FlagServer({ flags: provider, token: servedToken, limits });
  const port = await freePort();
  let http = await listen(server, port);
  return {
    url: `http://127.0.0.1:${port}/api`,
    flags: provider,
    server,
    publish: async (next) => {
      const before = provider.revision();
      await writeFile(path, JSON.stringify(next));
      await waitUntil(() => provider.revision() !== before, { budgetMs: 3000, everyMs: 1 });
    },
    close: () => end(http),
    open: async () => void (http = await listen(server, port)),
    dispose: async () => {
      server.close();
      await end(http);
      if (!flags) await provider.stop();
      await rm(folder, { recursive: true });
    },
  };
}

async function listen(server: FlagServer, port: number): Promise<Server> {
  const http = createServer((request, response) => {
    request.url = request.url?.replace(/^\/api/, '');
    server.handle(request, response);
  });
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  return http;
}

function end(http: Server): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });
}
