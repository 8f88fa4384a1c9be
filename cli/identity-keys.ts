import { IdentityKeys } from '../edge/index.ts';
import { systemClock, type Log } from '../shared/index.ts';
import type { OpenParts } from './open-parts.ts';

/** The private keys that sign what services are told; undefined where they share a secret instead. */
export async function startIdentityKeys(
  { BANYAN_IDENTITY_KEYS: file }: { readonly BANYAN_IDENTITY_KEYS: string },
  log: Log,
  open: OpenParts,
): Promise<IdentityKeys | undefined> {
  if (file === '') return undefined;
  const keys = new IdentityKeys({ file, clock: systemClock, log });
  await keys.start();
  open.add(() => keys.stop());
  return keys;
}
