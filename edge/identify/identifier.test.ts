import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { systemClock } from '../../shared/index.ts';
import { ManualClock } from '../testing/manual-clock.fixture.ts';
import { credentials, openWho } from '../testing/who.fixture.ts';
import { Identifier } from './identifier.ts';
import { LATE, type IdentityWay } from './identity-way.ts';
import type { WayOptions } from './subject-options.ts';

const SECRET = 'session-secret';
const LATER = 4_102_444_800;
const signed: WayOptions = { way: 'session', cookie: 'fleet_session', format: 'signed-user-id', secret: SECRET };

describe('a signed session cookie', () => {
  it('tells the user, among other cookies', async () => {
    const { who } = await openWho({ ways: [signed] });
    expect(await who({ cookie: `theme=dark; fleet_session=${session('7', 's1', LATER)}; lang=de` })).toBe('user 7');
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
  ])('is nobody for %s', async (_, cookie) => {
    const { who } = await openWho({ ways: [signed] });
    expect(await who({ cookie })).toBe('nobody');
  });

  it('is nobody when any part of it was changed', async () => {
    const { who } = await openWho({ ways: [signed] });
    const genuine = session('7', 's1', LATER);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(genuine.length - 1),
        fc.constantFrom('0', '1', '8', '9', 'a', 'Z', '.', '-', '_'),
        async (at, character) => {
          const changed = genuine.slice(0, at) + character + genuine.slice(at + 1);
          const found = await who({ cookie: `fleet_session=${changed}` });
          // The last character of the signature has bits that mean nothing.
          return changed.slice(0, -1) === genuine.slice(0, -1) ? found !== 'user 8' : found === 'nobody';
        },
      ),
    );
  });

  it('ends with the session, also when it is remembered', async () => {
    const clock = new ManualClock(1_000_000);
    const { who } = await openWho({ ways: [signed] }, clock);
    const cookie = `fleet_session=${session('7', 's1', 1060)}`;
    expect(await who({ cookie })).toBe('user 7');
    await clock.advance(60_000);
    expect(await who({ cookie })).toBe('nobody');
  });
});

describe('an opaque session cookie that nobody is asked about', () => {
  it('has a side of its own and no name', async () => {
    const { caller } = await openWho({ ways: [{ way: 'session', cookie: 'sid', format: 'opaque' }] });
    const { subject, identity } = await caller({ cookie: 'sid=abc' });
    expect(subject).toEqual({ kind: 'session', id: expect.stringMatching(/^session:[\w-]{43}$/) });
    expect(subject.id).not.toContain('abc');
    expect(identity).toBeUndefined();
    expect((await caller({ cookie: 'sid=abd' })).subject.id).not.toBe(subject.id);
  });
});

describe('the ways together', () => {
  it('are asked in their order, and one that verifies nothing is as good as none', async () => {
    const { who } = await openWho({ ways: [signed, { way: 'session', cookie: 'sid', format: 'opaque' }] });
    expect(await who({ cookie: `sid=abc; fleet_session=${session('7', 's1', LATER)}` })).toBe('user 7');
    expect(await who({ cookie: 'sid=abc; fleet_session=7.s1.4102444800.AAAA' })).toMatch(/^session /);
    expect(await who({ cookie: 'other=1' })).toBe('nobody');
  });

  it('end with the one that cannot tell: nobody is taken for somebody else', async () => {
    const asked: string[] = [];
    const ways = [way('slow', () => Promise.resolve(LATE), asked), way('next', () => undefined, asked)];
    const late = (): void => void asked.push('counted');
    const identifier = new Identifier({ ways, waitMs: 100, clock: systemClock, late });
    expect(await identifier.identify(credentials({}))).toBe(LATE);
    expect(asked).toEqual(['slow', 'counted']);
  });

  it('wait no longer than they may', async () => {
    const clock = new ManualClock();
    const ways = [way('silent', () => new Promise(() => undefined), [])];
    const identifier = new Identifier({ ways, waitMs: 100, clock, late: () => undefined });
    const verdict = identifier.identify(credentials({}));
    await clock.advance(100);
    expect(await verdict).toBe(LATE);
  });

  it('know the same user again, whichever way they come', async () => {
    const { caller } = await openWho({ ways: [signed] });
    const first = await caller({ cookie: `fleet_session=${session('7', 's1', LATER)}` });
    expect(await caller({ cookie: `fleet_session=${session('7', 's2', LATER)}` })).toBe(first);
  });
});

function way(name: string, answer: () => ReturnType<IdentityWay['identify']>, asked: string[]): IdentityWay {
  return {
    identify: () => {
      asked.push(name);
      return answer();
    },
  };
}

function session(userId: string, id: string, expires: number, secret = SECRET): string {
  const text = `${userId}.${id}.${expires}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
