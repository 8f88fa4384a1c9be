import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { systemClock } from '../../shared/index.ts';
import { AUDIENCE, ISSUER, openIssuer, type Issuer } from '../testing/issuer.fixture.ts';
import { ManualClock } from '../testing/manual-clock.fixture.ts';
import { credentials, openWho } from '../testing/who.fixture.ts';
import type { SubjectOptions } from './subject-options.ts';

let issuer: Issuer;
beforeEach(async () => {
  issuer = await openIssuer();
});
afterEach(() => issuer.close());

describe('a bearer token', () => {
  it('tells the user, and the signature is checked once', async () => {
    const { who } = await openWho(options());
    const token = bearer(await issuer.sign({ sub: '7' }));
    const whose = await Promise.all([who(token), who(token), who(token)]);
    expect(whose).toEqual(['user 7', 'user 7', 'user 7']);
    await issuer.close();
    expect(await who(token)).toBe('user 7');
    expect(issuer.fetches()).toBe(1);
    issuer = await openIssuer();
  });

  it('may come in a cookie instead', async () => {
    const { who } = await openWho(options({ cookie: 'access_token' }));
    const token = await issuer.sign({ sub: '7' });
    expect(await who({ cookie: `a=b; access_token=${token}` })).toBe('user 7');
    expect(await who(bearer(token))).toBe('nobody');
  });

  it('tells the tenant, whose side counts when it is to', async () => {
    const token = bearer(await issuer.sign({ sub: '7', org: 'acme' }));
    const byUser = await openWho(options({ tenantClaim: 'org' }));
    expect((await byUser.caller(token)).subject).toEqual({ id: '7', kind: 'user', properties: { tenantId: 'acme' } });
    const byTenant = await openWho({ ...options({ tenantClaim: 'org' }), by: 'tenant' });
    const { subject, identity } = await byTenant.caller(token);
    expect(subject).toMatchObject({ id: 'tenant:acme', kind: 'tenant' });
    expect(identity).toEqual({ sub: '7', kind: 'user', tenant: 'acme' });
    expect(await byTenant.who(bearer(await issuer.sign({ sub: '7' })))).toBe('user 7');
  });

  it('ends with its time, also when it is remembered', async () => {
    const clock = new ManualClock(Date.now());
    const { identifier, who, refusals } = await openWho(options(), clock);
    const expiresAtS = Math.floor(clock.now() / 1000) + 60;
    const token = bearer(await issuer.sign({ sub: '7' }, { expiresAtS }));
    expect(await who(token)).toBe('user 7');
    await clock.advance(66_000);
    expect(await who(token)).toBe('nobody');
    expect(identifier.identify(credentials(token))).toBeUndefined();
    expect(await refusals()).toEqual({ 'jwt expired': 2 });
  });

  it.each<[string, string, (own: Issuer) => Promise<string>]>([
    ['of another issuer', 'claims', (own) => own.sign({ sub: '7', iss: 'https://evil.example' })],
    ['for another audience', 'claims', (own) => own.sign({ sub: '7', aud: 'mail' })],
    ['without a subject', 'claims', (own) => own.sign({})],
    ['with an id that is none', 'claims', (own) => own.sign({ sub: 'a\nb' })],
    ['whose tenant is no text', 'claims', (own) => own.sign({ sub: '7', org: { id: 1 } })],
    ['that has expired', 'expired', (own) => own.sign({ sub: '7' }, { expiresAtS: 1000 })],
    ['that is not signed', 'algorithm', () => Promise.resolve(unsigned())],
    ['signed with a key nobody knows', 'signature', () => ownKey('first')],
    ['of a key that is not published', 'unknown-key', () => ownKey('second')],
    ['signed with the published key as a secret', 'algorithm', (own) => Promise.resolve(confused(own))],
  ])('%s is nobody', async (_, reason, make) => {
    const { who, refusals } = await openWho(options({ tenantClaim: 'org' }));
    expect(await who(bearer(await make(issuer)))).toBe('nobody');
    expect(await refusals()).toEqual({ [`jwt ${reason}`]: 1 });
  });

  it('is nobody, or the same one, whatever is changed in it', async () => {
    const { who } = await openWho(options());
    const genuine = await issuer.sign({ sub: '7', role: 'rider' });
    const change = fc.record({
      at: fc.nat(genuine.length - 1),
      length: fc.nat(3),
      text: fc.stringMatching(/^[\w.-]{0,4}$/),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const forged = changes.reduce((t, c) => t.slice(0, c.at) + c.text + t.slice(c.at + c.length), genuine);
        return (await who(bearer(forged))) === (isSame(forged, genuine) ? 'user 7' : 'nobody');
      }),
      { numRuns: 300 },
    );
  });
});

describe('the keys of an issuer', () => {
  it('are fetched again for a key that is new, and not for each token with a key that is none', async () => {
    const clock = new ManualClock(Date.now());
    const { who } = await openWho(options(), clock);
    await who(bearer(await issuer.sign({ sub: '7' })));
    for (const sub of ['1', '2', '3'])
      expect(await who(bearer(await issuer.sign({ sub }, { kid: 'none' })))).toBe('nobody');
    expect(issuer.fetches()).toBe(1);
    await issuer.rotate('second');
    await clock.advance(10_000);
    expect(await who(bearer(await issuer.sign({ sub: '8' })))).toBe('user 8');
    for (const sub of ['1', '2', '3']) await who(bearer(await issuer.sign({ sub }, { kid: 'none' })));
    expect(issuer.fetches()).toBe(2);
  });

  it('stay when the issuer does not answer, and are missed by nobody but new tokens when there never were any', async () => {
    issuer.answerWith(500);
    const clock = new ManualClock(Date.now());
    const { who } = await openWho(options(), clock);
    const token = bearer(await issuer.sign({ sub: '7' }));
    expect(await who(token)).toBe('late');
    issuer.answerWith(200);
    await clock.advance(1_000);
    expect(await who(token)).toBe('user 7');
    issuer.answerWith(500);
    await clock.advance(600_001);
    expect(
      await who(bearer(await issuer.sign({ sub: '8' }, { expiresAtS: Math.floor(clock.now() / 1000) + 60 }))),
    ).toBe('user 8');
  });
});

/** The last character of a signature has bits that mean nothing. */
function isSame(one: string, other: string): boolean {
  const bytes = (token: string): string => Buffer.from(token.split('.')[2] ?? '', 'base64url').toString('hex');
  const text = (token: string): string => token.slice(0, token.lastIndexOf('.'));
  return text(one) === text(other) && bytes(one) === bytes(other) && one.split('.').length === 3;
}

function options(changes: object = {}): SubjectOptions {
  const jwt = { way: 'jwt', issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks, algorithms: ['ES256'] } as const;
  return { ways: [{ ...jwt, ...changes }] };
}

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

function unsigned(): string {
  const claims = { sub: '7', iss: ISSUER, aud: AUDIENCE };
  return `${new UnsecuredJWT(claims).setExpirationTime('10m').encode()}AAAA`;
}

/** A token that names a published key and is signed with another one. */
async function ownKey(kid: string): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  return new SignJWT({ sub: '7', iss: ISSUER, aud: AUDIENCE })
    .setProtectedHeader({ alg: 'ES256', kid, jwk, jku: 'https://evil.example/keys' })
    .setExpirationTime('10m')
    .sign(privateKey);
}

/** The classic confusion: HMAC with the public key, which everybody knows. */
function confused(own: Issuer): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(systemClock.now() / 1000) + 600;
  const text = `${part({ alg: 'HS256', kid: 'first' })}.${part({ sub: '7', iss: ISSUER, aud: AUDIENCE, exp })}`;
  return `${text}.${createHmac('sha256', JSON.stringify(own.published()[0])).update(text).digest('base64url')}`;
}
