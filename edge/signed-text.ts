import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a signed text is good for. One kind of value never passes for another. */
export type Purpose = 'override' | 'pin';

/** `<base64url(text)>.<base64url(hmac-sha256)>`: everybody can read it, only who has the key can make it. */
export function signText(key: string, purpose: Purpose, text: string): string {
  const payload = Buffer.from(text).toString('base64url');
  return `${payload}.${signature(key, purpose, payload).toString('base64url')}`;
}

/** The text, or nothing when it is not genuine. */
export function verifiedText(key: string, purpose: Purpose, value: string): string | undefined {
  const [payload = '', given = '', ...more] = value.split('.');
  const expected = signature(key, purpose, payload);
  const bytes = Buffer.from(given, 'base64url');
  if (more.length > 0 || bytes.length !== expected.length || !timingSafeEqual(bytes, expected)) return undefined;
  return Buffer.from(payload, 'base64url').toString();
}

function signature(key: string, purpose: Purpose, payload: string): Buffer {
  return createHmac('sha256', key).update(`${purpose}\n${payload}`).digest();
}
