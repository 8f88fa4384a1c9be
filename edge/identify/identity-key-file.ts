import { createPrivateKey, generateKeyPairSync, randomBytes, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, replaceFile } from '../../shared/index.ts';
import { edgeErrors } from '../errors.ts';
import { KEY_ALGORITHMS, type KeyAlgorithm } from './token-signer.ts';

const jwk = z.looseObject({
  kid: z.string().min(1),
  alg: z.enum(KEY_ALGORITHMS),
  kty: z.enum(['OKP', 'EC']),
  crv: z.enum(['Ed25519', 'P-256']),
  x: z.string(),
  y: z.string().optional(),
  d: z.string(),
  from: z.iso.datetime(),
});

const keyFile = z.strictObject({ keys: z.array(jwk).min(1) });

/** One private key of the edges: a JWK, and since when it signs. */
export type IdentityJwk = z.infer<typeof jwk>;

/** A new key is published for so long before it signs, and an old one for as long behind its last signature. */
export const OVERLAP_MS = 600_000;

/** A key as it stands in the file, and ready to sign. */
export interface ReadKey {
  readonly jwk: IdentityJwk;
  readonly key: KeyObject;
}

/** Reads the private keys, oldest first. Throws EDGE_IDENTITY_KEYS_INVALID for anything that is not a set of them. */
export function parseIdentityKeys(text: string, file: string): ReadKey[] {
  try {
    const { keys } = keyFile.parse(JSON.parse(text));
    const known = keys.map((one) => ({ jwk: one, key: createPrivateKey({ key: one as JsonWebKey, format: 'jwk' }) }));
    return known.toSorted((a, b) => a.jwk.from.localeCompare(b.jwk.from));
  } catch (error) {
    throw edgeErrors.error('EDGE_IDENTITY_KEYS_INVALID', { message: `${file}: ${reasonOf(error)}` });
  }
}

/** What does not show the file: it is full of secrets, and the parser of JSON quotes what it trips over. */
function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  return error instanceof SyntaxError ? 'it is missing, empty or no JSON' : messageOf(error);
}

/** Adds a key to the file, or makes it, and takes those out that nothing is verified with any more. Answers the new key's id. */
export async function rotateIdentityKeys(
  file: string,
  alg: KeyAlgorithm,
  nowMs: number,
): Promise<{ kid: string; from: string }> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const before = text === undefined ? [] : parseIdentityKeys(text, file);
  const from = new Date(before.length === 0 ? nowMs : nowMs + OVERLAP_MS).toISOString();
  const fresh = newKey(alg, from);
  const kept = before.filter((_, i) => Date.parse(before[i + 1]?.jwk.from ?? from) + OVERLAP_MS > nowMs);
  const keys = [...kept.map((one) => one.jwk), fresh];
  await replaceFile(file, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600 });
  return { kid: fresh.kid, from };
}

function newKey(alg: KeyAlgorithm, from: string): IdentityJwk {
  const { privateKey } =
    alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = `${from.slice(0, 10)}-${randomBytes(4).toString('hex')}`;
  return jwk.parse({ kid, alg, ...privateKey.export({ format: 'jwk' }), from });
}
