import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { jwtVerify } from 'jose';
import { systemClock } from '../../shared/index.ts';
import { Identifier } from './identifier.ts';
import { IdentityTokens } from './identity-token.ts';
import { ManualClock } from '../testing/manual-clock.fixture.ts';

const SECRET = 'session-secret';
const LATER = 4_102_444_800;

describe('the identity of a request', () => {
  it('is the user of a genuine session, among other cookies', () => {
    expect(whoIs(`theme=dark; fleet_session=${session('7', 's1', LATER)}; lang=de`)).toBe('7');
  });

  it.each<[string, string]>([
    ['no such cookie', 'theme=dark'],
    ['another secret', `fleet_session=${session('7', 's1', LATER, 'other')}`],
    ['another user under the same signature', `fleet_session=${session('7', 's1', LATER).replace('7', '8')}`],
    ['no signature', `fleet_session=7.s1.${LATER}.`],
    ['an expired session', `fleet_session=${session('7', 's1', 1)}`],
    ['a user that is no number', `fleet_session=${session('admin', 's1', LATER)}`],
    ['more parts', `fleet_session=${session('7.1', 's1', LATER)}`],
    ['two sessions', `fleet_session=${session('7', 's', LATER)}; fleet_session=${session('8', 's', LATER)}`],
  ])('is nobody for %s', (_, cookie) => {
    expect(whoIs(cookie)).toBeUndefined();
  });

  it('ends with the session, also when it is remembered', async () => {
    const clock = new ManualClock(1_000_000);
    const identifier = new Identifier({ cookieName: 'fleet_session', secret: SECRET, clock });
    const cookie = `fleet_session=${session('7', 's1', 1060)}`;
    expect(identifier.identify(cookie)?.subject.id).toBe('7');
    await clock.advance(60_000);
    expect(identifier.identify(cookie)).toBeUndefined();
  });

  it('reaches a service as a token for that service only, made again before it expires', async () => {
    const identifier = new Identifier({ cookieName: 'fleet_session', secret: SECRET, clock: systemClock });
    const caller = identifier.identify(`fleet_session=${session('7', 's1', LATER)}`);
    const clock = new ManualClock(Date.now());
    const tokens = new IdentityTokens('identity-key', clock);
    const token = caller && tokens.tokenFor(caller, 'trips');
    const key = new TextEncoder().encode('identity-key');
    const { payload } = await jwtVerify(token ?? '', key, { audience: 'trips', algorithms: ['HS256'] });
    expect(payload.sub).toBe('7');
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    await expect(jwtVerify(token ?? '', key, { audience: 'routes' })).rejects.toThrow('aud');
    expect(caller && tokens.tokenFor(caller, 'trips')).toBe(token);
    await clock.advance(31_000);
    expect(caller && tokens.tokenFor(caller, 'trips')).not.toBe(token);
  });
});

function whoIs(cookie: string): string | undefined {
  return new Identifier({ cookieName: 'fleet_session', secret: SECRET, clock: systemClock }).identify(cookie)?.subject
    .id;
}

function session(userId: string, id: string, expires: number, secret = SECRET): string {
  const text = `${userId}.${id}.${expires}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
