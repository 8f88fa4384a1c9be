import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

/** A value nobody reads without the key, and nobody at all after its time. */
export interface SealedValue {
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** Nonce, tag and encrypted bytes, base64url. */
  readonly text: string;
}

/** What a value belongs to: sealed under one path it does not open under another, nor with a longer life. */
export interface SealPlace {
  readonly path: string;
  readonly expiresAtMs: number;
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The key that seals values, out of a secret of 32 characters or more. */
export function valuesKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'banyan shadow values', 32));
}

/** `key` has 32 bytes, `nonce` 12 that are never used twice with it. */
export function sealValue(value: Buffer, place: SealPlace, key: Buffer, nonce: Buffer): SealedValue {
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(nameOf(place));
  const bytes = Buffer.concat([cipher.update(value), cipher.final()]);
  const text = Buffer.concat([nonce, cipher.getAuthTag(), bytes]).toString('base64url');
  return { expiresAtMs: place.expiresAtMs, text };
}

/** Undefined when its time is over, the key is another one, or it was changed. */
export function openValue(sealed: SealedValue, path: string, key: Buffer, nowMs: number): Buffer | undefined {
  if (sealed.expiresAtMs <= nowMs) return undefined;
  const bytes = Buffer.from(sealed.text, 'base64url');
  const [tagAt, textAt] = [NONCE_BYTES, NONCE_BYTES + TAG_BYTES];
  if (bytes.length < textAt) return undefined;
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, tagAt), { authTagLength: TAG_BYTES });
    decipher.setAAD(nameOf({ path, expiresAtMs: sealed.expiresAtMs })).setAuthTag(bytes.subarray(tagAt, textAt));
    return Buffer.concat([decipher.update(bytes.subarray(textAt)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function nameOf({ path, expiresAtMs }: SealPlace): Buffer {
  return Buffer.from(`banyan shadow value\n${expiresAtMs}\n${path}`);
}
