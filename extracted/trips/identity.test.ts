import { describe, expect, it } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { systemClock } from '../../shared/index.ts';
import { createIdentityVerifier } from './identity.ts';

const KEY = 'a key of the test, long enough for HS256';
const NOW_MS = 1_800_000_000_000;

interface Claims {
  readonly sub?: string;
  readonly aud?: string;
  readonly expiresInS?: number;
}

function token({ sub = '42', aud = 'trips', expiresInS = 60 }: Claims = {}, key = KEY, alg = 'HS256'): Promise<string> {
  const jwt = new SignJWT().setProtectedHeader({ alg }).setSubject(sub).setAudience(aud);
  return jwt.setExpirationTime(NOW_MS / 1000 + expiresInS).sign(new TextEncoder().encode(key));
}

function verifierAt(nowMs: () => number, maxKnown?: number) {
  const clock = { ...systemClock, now: nowMs };
  return createIdentityVerifier({ key: KEY, clock, ...(maxKnown === undefined ? {} : { maxKnown }) });
}

describe('the identity of a rider', () => {
  const verify = verifierAt(() => NOW_MS);

  it('is the subject of a token the edge signed for this service', async () => {
    expect(await verify(await token())).toBe(42);
  });

  it.each([
    ['another key', () => token({}, 'another key, also long enough for HS256')],
    ['another audience', () => token({ aud: 'billing' })],
    ['another algorithm', () => token({}, KEY.repeat(2), 'HS512')],
    ['a time that is over', () => token({ expiresInS: -1 })],
    ['a subject that is no user', () => token({ sub: 'admin' })],
    ['no signature', async () => new UnsecuredJWT({ sub: '42', aud: 'trips', exp: NOW_MS / 1000 + 60 }).encode()],
    ['no form', async () => 'x.y.z'],
    ['nothing in it', async () => ''],
  ])('is nobody with %s', async (_what, make) => {
    expect(await verify(await make())).toBeUndefined();
  });

  it('is nobody without an expiry', async () => {
    const jwt = new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject('42').setAudience('trips');
    expect(await verify(await jwt.sign(new TextEncoder().encode(KEY)))).toBeUndefined();
    expect(await verify(undefined)).toBeUndefined();
  });

  it('ends with its token, although the token is known', async () => {
    let nowMs = NOW_MS;
    const verify = verifierAt(() => nowMs);
    const known = await token();
    expect(await verify(known)).toBe(42);
    nowMs += 60_000;
    expect(await verify(known)).toBeUndefined();
  });

  it('is right also when more tokens come than are remembered', async () => {
    const verify = verifierAt(() => NOW_MS, 2);
    const riders = ['1', '2', '3', '1'];
    for (const sub of riders) expect(await verify(await token({ sub }))).toBe(Number(sub));
  });
});
