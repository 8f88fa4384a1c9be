import { startStack, type StartedStack } from '../../stack/index.ts';
import type { Context } from '../context.ts';
import { aborted, print, table } from '../terminal.ts';

/** Starts the named servers and keeps them until Ctrl-C. Their data goes with them. */
export async function stackUp(context: Context, names: readonly string[]): Promise<void> {
  const stack = await startStack(names);
  const servers = stack.running.map(({ name, version, url, access }) => ({ name, version, url, ...access }));
  print(context.output, { servers, missing: stack.missing }, describe(stack));
  // Neither the servers nor waiting for a signal keep a process running.
  const hold = setInterval(() => undefined, 60_000);
  await aborted(context.signal);
  clearInterval(hold);
  await stack.stop();
}

function describe({ running, missing }: StartedStack): string {
  const rows = running.map(({ name, version, url }) => [name, version, url]);
  const keys = running.flatMap(({ access = {} }) =>
    Object.entries(access).map(([name, value]) => `\n${name}=${value}`),
  );
  const left = missing.map(({ name, reason, fix }) => `\nleft out: ${name}. ${reason}\nFix: ${fix}`);
  return [table(['SERVER', 'VERSION', 'URL'], rows), ...left].join('\n') + keys.join('');
}
