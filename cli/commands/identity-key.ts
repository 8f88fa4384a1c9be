import { rotateIdentityKeys, type KeyAlgorithm } from '../../edge/index.ts';
import { readSettings } from '../../shared/index.ts';
import type { Context } from '../context.ts';
import { identityKeySettings } from '../settings.ts';
import { print } from '../terminal.ts';

/** Adds a key to the file the edges sign identity tokens with, or makes that file. */
export async function rotateIdentityKey(context: Context, { alg }: { alg: KeyAlgorithm }): Promise<void> {
  const { BANYAN_IDENTITY_KEYS: file } = readSettings(identityKeySettings, context.env);
  const { kid, from } = await rotateIdentityKeys(file, alg, Date.now());
  const text = `${file} has the key ${kid}; it signs from ${from}\ngive the file to every edge before that`;
  print(context.output, { file, kid, alg, from }, text);
}
