import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { BUCKETS, bucketOf, unitFlag, type FlagProvider } from '../../flags/index.ts';
import { mayLink } from '../decide/link-rule.ts';
import type { UnitGate } from '../decide/unit-gate.ts';
import type { UnitState } from '../decide/unit-state.ts';
import { HeaderLines } from '../hygiene/header-lines.ts';
import { ManualClock } from '../testing/manual-clock.fixture.ts';
import type { Caller } from './caller.ts';
import { Callers } from './callers.ts';
import { VisitorCookie } from './visitor-cookie.ts';
import { Visitors } from './visitors.ts';

describe('the cookie of visitors', () => {
  const cookie = new VisitorCookie({ cookie: 'v' }, 'edge-key', 100);
  const known = { subject: { id: 'ada@example.com', kind: 'user' }, sinceS: 7 } as const;

  it('tells what was sealed in it, to every edge with the key, and shows nobody else who it is', () => {
    const line = cookie.lineFor(known);
    expect(line).toMatch(/^v=[\w-]+; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure$/);
    expect(Buffer.from(valueOf(line).slice(2), 'base64url').toString('latin1')).not.toContain('ada');
    expect(new VisitorCookie({ cookie: 'v' }, 'edge-key', 100).read(`a=b; ${valueOf(line)}`)).toEqual(known);
    expect(new VisitorCookie({ cookie: 'v' }, 'other-key', 100).read(valueOf(line))).toBeUndefined();
  });

  it('is nothing when anything of it was changed', () => {
    const genuine = valueOf(cookie.lineFor(known)).slice(2);
    fc.assert(
      fc.property(fc.nat(genuine.length - 2), fc.stringMatching(/^[\w-]{0,2}$/), fc.nat(2), (at, text, length) => {
        const changed = genuine.slice(0, at) + text + genuine.slice(at + length);
        return changed.slice(0, -1) === genuine.slice(0, -1) || cookie.read(`v=${changed}`) === undefined;
      }),
    );
    for (const value of ['', 'x', genuine.slice(0, 20)]) expect(cookie.read(`v=${value}`)).toBeUndefined();
  });
});

describe('a visitor', () => {
  it('is nobody at first, is given a cookie with a page only, and counts once it has settled', async () => {
    const device = new Device(new World());
    expect(device.ask({ page: false })).toBe('nobody');
    expect(device.hasCookie).toBe(false);
    expect(device.ask()).toBe('nobody');
    expect(device.ask()).toBe('nobody');
    await device.world.clock.advance(10_000);
    expect(device.ask()).toMatch(/^visitor /);
  });

  it('is the user from the login on, and stays on their side after the logout', async () => {
    const device = new Device(new World());
    device.ask();
    await device.world.clock.advance(10_000);
    device.login('7');
    expect(device.ask()).toBe('user 7 as 7');
    device.logout();
    expect(device.ask()).toBe('user 7');
    device.login('8');
    expect(device.ask()).toBe('user 8 as 8');
    device.logout();
    expect(device.ask()).toBe('user 8');
  });

  it('is not taken back by a login, and becomes the user when that takes nobody back any more', async () => {
    const { device, user } = await deviceAheadOf(300);
    expect(device.side()).toBe('service');
    device.login(user);
    expect(device.ask()).toMatch(new RegExp(`^visitor visitor:\\S+ as ${user}$`));
    expect(device.side()).toBe('service');
    device.world.ceiling = BUCKETS;
    expect(device.ask()).toBe(`user ${user} as ${user}`);
    device.logout();
    expect(device.ask()).toBe(`user ${user}`);
  });

  it('goes to legacy at once with a user to whom the gate is closed', async () => {
    const { device, user } = await deviceAheadOf(300);
    device.world.closedTo = user;
    device.login(user);
    expect(device.side()).toBe('legacy');
    device.logout();
    expect(device.side()).toBe('legacy');
  });

  it('stays a guest while something they wrote before the login is not visible yet', async () => {
    const device = new Device(new World());
    device.ask();
    await device.world.clock.advance(10_000);
    device.world.isApplied = false;
    device.login('7');
    expect(device.ask()).toMatch(/^visitor .* as 7$/);
    device.world.isApplied = true;
    expect(device.ask()).toBe('user 7 as 7');
  });

  it('is of no interest for a machine, which gets no cookie either', () => {
    const device = new Device(new World());
    device.person = device.world.callers.identified({ kind: 'api-key', id: 'ci' });
    expect(device.ask()).toBe('api-key key:ci as key:ci');
    expect(device.hasCookie).toBe(false);
  });

  it('invariant 7: never goes back by logging in or out, however the rollout grows', async () => {
    const step = fc.oneof(
      fc.constant('ask' as const),
      fc.constant('login' as const),
      fc.constant('logout' as const),
      fc.constant('wait' as const),
      fc.integer({ min: 0, max: BUCKETS }),
    );
    const history = fc.tuple(fc.array(step, { minLength: 5, maxLength: 40 }), fc.nat(1000));
    await fc.assert(
      fc.asyncProperty(history, async ([steps, user]) => {
        const device = new Device(new World());
        device.world.ceiling = 0;
        let wasAtService = false;
        for (const step of steps) {
          await device.take(step, String(user));
          const isAtService = device.side() === 'service';
          if (wasAtService && !isAtService) return false;
          wasAtService = isAtService;
        }
        return true;
      }),
      { numRuns: 300 },
    );
  });
});

/** Everything a decision about sides rests on, in hand. */
class World {
  readonly clock = new ManualClock(1_000_000_000);
  readonly callers = new Callers('user', 1000);
  ceiling = 0;
  closedTo: string | undefined;
  isApplied = true;
  readonly #flags: FlagProvider = {
    isEnabled: (flag: string, subject: { id: string }) => flag === unitFlag('trips') && subject.id !== this.closedTo,
    revision: () => String(this.closedTo),
  } as unknown as FlagProvider;
  readonly gate = { name: 'trips', salt: 's', flags: this.#flags, clock: this.clock } as unknown as UnitGate;
  readonly visitors: Visitors;
  #state: UnitState | undefined;

  constructor() {
    Object.defineProperty(this.gate, 'state', { get: () => this.state });
    Object.assign(this.gate, { markers: { isApplied: () => this.isApplied } });
    const cookie = new VisitorCookie({ cookie: 'v' }, 'edge-key', 1000);
    const { callers, clock } = this;
    this.visitors = new Visitors({ cookie, callers, clock, mayLink: (a, b) => mayLink([this.gate], a, b) });
  }

  get state(): UnitState {
    if (this.#state?.ceilings['everyone'] === this.ceiling) return this.#state;
    const ceilings = { everyone: this.ceiling };
    this.#state = { stage: 'canary', owner: 'legacy', epoch: 1, ceilings };
    return this.#state;
  }

  sideOf(caller: Caller | undefined): 'legacy' | 'service' {
    if (!caller) return 'legacy';
    const { ceilings } = this.state;
    const exposure = (of: Caller): boolean => of.standing(this.gate, ceilings, this.clock.now()).exposure.exposed;
    const isOpen = caller.person === undefined || caller.person.subject.id !== this.closedTo;
    return exposure(caller) && isOpen ? 'service' : 'legacy';
  }
}

/** A browser: keeps its cookie, is logged in or not. */
class Device {
  readonly world: World;
  person: Caller | undefined;
  #cookie: string | undefined;

  constructor(world: World) {
    this.world = world;
  }

  get hasCookie(): boolean {
    return this.#cookie !== undefined;
  }

  login(user: string): void {
    this.person = this.world.callers.identified({ kind: 'user', id: user });
  }

  logout(): void {
    this.person = undefined;
  }

  ask(how: { page?: boolean } = {}): string {
    const caller = this.#meet(how.page ?? true);
    if (!caller) return 'nobody';
    const { subject, identity } = caller;
    return `${subject.kind} ${subject.id}${identity ? ` as ${identity.sub}` : ''}`;
  }

  side(): 'legacy' | 'service' {
    return this.world.sideOf(this.#meet(true));
  }

  async take(step: 'ask' | 'login' | 'logout' | 'wait' | number, user: string): Promise<void> {
    if (step === 'login') this.login(user);
    else if (step === 'logout') this.logout();
    else if (step === 'wait') await this.world.clock.advance(10_000);
    else if (typeof step === 'number') this.world.ceiling = Math.max(this.world.ceiling, step);
    else this.ask();
  }

  #meet(isPage: boolean): Caller | undefined {
    const headers = HeaderLines.ofList(isPage ? ['Sec-Fetch-Mode', 'navigate'] : ['Sec-Fetch-Mode', 'cors']);
    const { caller, setCookie } = this.world.visitors.meet(this.person, {
      method: 'GET',
      headers,
      cookie: this.#cookie,
    });
    if (setCookie !== undefined) this.#cookie = valueOf(setCookie);
    return caller;
  }
}

/** A settled visitor below the ceiling, and a user above it. */
async function deviceAheadOf(ceiling: number): Promise<{ device: Device; user: string }> {
  for (;;) {
    const device = new Device(new World());
    device.ask();
    await device.world.clock.advance(10_000);
    device.world.ceiling = ceiling;
    const users = Array.from({ length: 100 }, (_, i) => String(i));
    const user = users.find((id) => bucketOf('s', id) >= ceiling) ?? '';
    if (device.side() === 'service') return { device, user };
  }
}

function valueOf(line: string): string {
  return line.split(';')[0] ?? '';
}
