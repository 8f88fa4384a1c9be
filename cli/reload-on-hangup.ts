import type { Reload } from '../cutover/index.ts';
import { messageOf } from '../shared/index.ts';
import { operator } from './context.ts';

interface Reloadable {
  reload(intent: { readonly who: string; readonly reason: string }): Promise<Reload>;
}

/**
 * Reloads on SIGHUP, as other servers do. On a terminal the signal keeps its meaning: the terminal is gone, and so should
 * be whatever was started on it.
 */
export function reloadOnHangup(running: Reloadable): void {
  if (process.stdout.isTTY) return;
  process.on('SIGHUP', () => {
    running.reload({ who: operator(), reason: 'SIGHUP' }).catch((error: unknown) => {
      process.stderr.write(`the configuration stays as it was: ${messageOf(error)}\n`);
    });
  });
}
