import type { Leadership, Reign, Seat } from '../cutover/index.ts';
import { isBanyanError } from '../shared/index.ts';
import { cliErrors } from './errors.ts';
import type { OpenParts } from './open-parts.ts';
import { aborted } from './terminal.ts';

/**
 * Resolves once this process leads, however long somebody else does before. From then on it leads or ends: `ended` of the
 * leadership rejects when somebody else has taken over, for edge and streams here belong to the same process.
 */
export async function leadForGood(
  leadership: Leadership,
  seat: Seat,
  open: OpenParts,
  signal?: AbortSignal,
): Promise<void> {
  const led = Promise.withResolvers<void>();
  const reign: Reign = async (_, over, ready) => {
    led.resolve();
    ready();
    await aborted(over);
    if (isBanyanError(over.reason)) throw over.reason;
  };
  open.add(() => leadership.stop());
  await leadership.start(seat, reign);
  const interrupted = signal ? aborted(signal) : new Promise<void>(() => undefined);
  await Promise.race([led.promise, leadership.ended, interrupted]);
  if (signal?.aborted) throw cliErrors.error('CLI_INTERRUPTED', { message: 'interrupted while somebody else leads' });
}
