import { startStack } from '../../stack/index.ts';
import type { Context } from '../context.ts';
import { print, table } from '../terminal.ts';

/** Starts the named servers and keeps them until Ctrl-C. Their data goes with them. */
export async function stackUp(context: Context, names: readonly string[]): Promise<void> {
  const servers = await startStack(names);
  const rows = servers.map(({ name, version, url }) => [name, version, url]);
  print(
    context.output,
    { servers: servers.map(({ name, version, url }) => ({ name, version, url })) },
    table(['SERVER', 'VERSION', 'URL'], rows),
  );
  await new Promise<void>((resolve) => {
    if (context.signal.aborted) return resolve();
    context.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.all(servers.map((server) => server.stop()));
}
