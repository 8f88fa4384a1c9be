import { describe, expect, it } from '@jest/globals';
import { jwtVerify } from 'jose';
import { ManualClock } from '../testing/manual-clock.fixture.ts';
import { Caller } from './caller.ts';
import { IdentityTokens } from './identity-token.ts';
import { SecretSigner } from './token-signer.ts';

const user = new Caller({ id: '7', kind: 'user' }, { sub: '7', kind: 'user', tenant: 'acme' });
const key = new TextEncoder().encode('identity-key');

describe('the identity token', () => {
  it('speaks to one service only, for a minute, of the user and the tenant', async () => {
    const token =
      new IdentityTokens(new SecretSigner('identity-key'), new ManualClock(Date.now())).tokenFor(user, 'trips') ?? '';
    const { payload } = await jwtVerify(token, key, { audience: 'trips', algorithms: ['HS256'] });
    expect(payload).toMatchObject({ iss: 'banyan-edge', sub: '7', kind: 'user', tenant: 'acme' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    await expect(jwtVerify(token, key, { audience: 'routes' })).rejects.toThrow('aud');
  });

  it('is the same for half its life, then a new one', async () => {
    const clock = new ManualClock(Date.now());
    const tokens = new IdentityTokens(new SecretSigner('identity-key'), clock);
    const token = tokens.tokenFor(user, 'trips');
    await clock.advance(29_000);
    expect(tokens.tokenFor(user, 'trips')).toBe(token);
    await clock.advance(2_000);
    expect(tokens.tokenFor(user, 'trips')).not.toBe(token);
  });

  it('is not made for who has a side and no name', () => {
    const visitor = new Caller({ id: 'visitor:x', kind: 'visitor' }, undefined);
    expect(
      new IdentityTokens(new SecretSigner('identity-key'), new ManualClock()).tokenFor(visitor, 'trips'),
    ).toBeUndefined();
  });
});
