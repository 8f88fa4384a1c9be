import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { silentLog, waitUntil } from '../../shared/index.ts';
import type { FeatureSet } from '../feature-set.ts';
import { describeFlagEditor } from '../flag-editor.contract.ts';
import type { FlagProvider } from '../flag-provider.ts';
import { describeFlagProvider, recordedFeatures, user, type FlagSource } from '../flag-provider.contract.ts';
import { openFaultyFront, type Fault, type FaultyFront } from '../testing/faulty-front.ts';
import { startUnleashWorld, type UnleashWorld } from '../testing/unleash-world.ts';
import { createUnleashFlagProvider, type UnleashFlagOptions } from '../unleash-flag-provider.ts';
import { UnleashEditor } from './unleash-editor.ts';

// A server that starts beside other tests on two cores takes most of a minute.
jest.setTimeout(90_000);

let world: UnleashWorld;
let front: FaultyFront;
let folder: string;
beforeAll(async () => {
  world = await startUnleashWorld();
  await world.publish(recordedFeatures());
  front = await openFaultyFront(world.server.url);
  folder = await mkdtemp(join(tmpdir(), 'unleash-'));
}, 180_000);
afterAll(async () => {
  await front?.close();
  await world?.stop();
  await rm(folder, { recursive: true });
});

describeFlagProvider('an Unleash server', openSource);

describe('an Unleash server', () => {
  let flags: FlagProvider;
  const opened: FlagProvider[] = [];
  const open = async (options: Partial<UnleashFlagOptions> = {}): Promise<FlagProvider> => {
    const provider = createProvider(options);
    opened.push(provider);
    await provider.start();
    return provider;
  };
  beforeEach(async () => {
    flags = await open({ timeoutMs: 1_500 });
    await until(() => flags.isEnabled('banyan.trips.beta', user('7')));
  });
  afterEach(async () => {
    front.fail(undefined);
    await Promise.all(opened.splice(0).map((provider) => provider.stop()));
  });

  it('is asked with the token and as an SDK asks, and again only for what changed', async () => {
    await until(() => front.asked.some(({ headers }) => headers['if-none-match'] !== undefined));
    const { headers } = front.asked.at(-1) ?? {};
    expect(headers).toMatchObject({
      authorization: world.server.tokens.development,
      'unleash-appname': 'banyan-test',
      'unleash-client-spec': '5.2.0',
    });
  });

  it.each<[string, string, Fault]>([
    ['answers 401', 'unauthorized', { status: 401 }],
    ['answers 403', 'unauthorized', { status: 403 }],
    ['answers 404', 'not-found', { status: 404 }],
    ['answers 429', 'rate-limited', { status: 429, headers: { 'retry-after': '1' } }],
    ['answers 503', 'server-error', { status: 503 }],
    ['redirects to a login page', 'unexpected-answer', { status: 302, headers: { location: '/login' } }],
    ['answers a page', 'invalid', { status: 200, body: '<html>Welcome</html>' }],
    ['answers another JSON', 'invalid', { status: 200, body: '{"version":2,"features":{"banyan.trips":true}}' }],
    ['never ends its answer', 'too-large', { endless: ' '.repeat(1 << 16) }],
    ['breaks off in its answer', 'unreachable', { cut: true }],
    ['does not answer', 'timeout', { silent: true }],
  ])('that %s: the last good set stays, the alarm is raised, and all is well afterwards', async (_, reason, fault) => {
    front.fail(fault);
    await until(() => flags.health().isStale && Object.keys(flags.health().failures).length > 0);
    expect(flags.isEnabled('banyan.trips.beta', user('7'))).toBe(true);
    expect(Object.keys(flags.health().failures)).toEqual([reason]);
    front.fail(undefined);
    await until(() => !flags.health().isStale);
    expect(flags.isEnabled('banyan.trips.beta', user('7'))).toBe(true);
  });

  it('that speaks no TLS although it should gives nothing', async () => {
    const cold = await open({ url: front.url.replace('http:', 'https:') });
    expect(cold.isEnabled('banyan.trips', user('7'))).toBe(false);
    expect(cold.health().failures).toEqual({ tls: 1 });
  });

  it('gives each environment its own flags', async () => {
    const production = await open({ token: world.server.tokens.production });
    expect(production.features()?.features.length).toBeGreaterThan(0);
    expect(production.isOff('banyan.trips')).toBe(true);
  });

  it('that is killed is not missed by those who start meanwhile, and is heard again by itself', async () => {
    const snapshotPath = join(folder, 'last.json');
    const before = await open({ snapshotPath });
    await before.stop();
    await world.server.kill();
    const cold = await open({ snapshotPath });
    await until(() => cold.health().isStale && flags.health().isStale);
    for (const each of [cold, flags]) {
      expect(each.isEnabled('banyan.trips.beta', user('7'))).toBe(true);
      expect(each.isEnabled('banyan.trips.beta', user('8'))).toBe(false);
    }
    expect(cold.revision()).toBe(before.revision());
    expect((await open()).isEnabled('banyan.trips', user('7'))).toBe(false);
    await world.server.start();
    await until(() => !cold.health().isStale && !flags.health().isStale);
  });

  it('is not believed from a file that was changed, or written for another token or server', async () => {
    const snapshotPath = join(folder, 'forged.json');
    const before = await open({ snapshotPath });
    await before.stop();
    const text = await readFile(snapshotPath, 'utf8');
    front.fail({ status: 503 });
    const isBelieved = async (written: string, options: Partial<UnleashFlagOptions> = {}): Promise<boolean> => {
      await writeFile(snapshotPath, written);
      return (await open({ snapshotPath, ...options })).features() !== undefined;
    };
    expect(await isBelieved(text)).toBe(true);
    expect(await isBelieved(text.replace('"7"', '"8"'))).toBe(false);
    expect(await isBelieved(text.slice(0, -20))).toBe(false);
    expect(await isBelieved(text, { token: 'default:development.rotated' })).toBe(false);
    expect(await isBelieved(text, { url: `${front.url}/` })).toBe(false);
  });
});

describe('Unleash, edited', () => {
  let units = 0;
  const unit = (): string => `unit${++units}`;
  const editor = (place: Partial<ConstructorParameters<typeof UnleashEditor>[0]> = {}): UnleashEditor => {
    const { url, adminToken: token } = world.server;
    return new UnleashEditor({ url, token, project: 'default', environment: 'development', ...place });
  };
  const environment = (name: string): string => `/projects/default/features/${name}/environments/development`;

  describeFlagEditor('it', async () => {
    const name = unit();
    return {
      editor: editor(),
      unit: name,
      spoilCohort: (cohort) =>
        world.admin('POST', `${environment(`banyan.${name}.${cohort}`)}/strategies`, { name: 'default' }),
    };
  });

  it('is what the edges read', async () => {
    const flags = createProvider({});
    await flags.start();
    const name = unit();
    await editor().createUnit(name, ['beta']);
    await editor().addToCohort(name, 'beta', ['7']);
    await until(() => flags.isEnabled(`banyan.${name}.beta`, user('7')));
    expect(flags.isEnabled(`banyan.${name}`, user('8'))).toBe(true);
    expect(flags.isEnabled(`banyan.${name}.beta`, user('8'))).toBe(false);
    await editor().removeFromCohort(name, 'beta', ['7']);
    await until(() => !flags.isEnabled(`banyan.${name}.beta`, user('7')));
    await flags.stop();
  });

  it('keeps what was set on its pages, and switches nothing on', async () => {
    const name = unit();
    const flag = environment(`banyan.${name}.beta`);
    await editor().createUnit(name, ['beta']);
    const [{ id, ...strategy }] = await world.admin<[{ id: string }]>('GET', `${flag}/strategies`);
    await world.admin('PUT', `${flag}/strategies/${id}`, { ...strategy, title: 'ours', parameters: { rollout: '40' } });
    await world.admin('POST', `${flag}/off`);
    await editor().addToCohort(name, 'beta', ['7']);
    const { enabled, strategies } = await world.admin<{ enabled: boolean; strategies: object[] }>('GET', flag);
    expect(enabled).toBe(false);
    expect(strategies).toMatchObject([
      { title: 'ours', parameters: { rollout: '40' }, constraints: [{ values: ['7'] }] },
    ]);
  });

  it.each([
    ['with a wrong token', { token: '*:*.wrong' }, 'FLAGS_ADMIN_REFUSED', /401/],
    [
      'in an environment that is not there',
      { environment: 'staging' },
      'FLAGS_ADMIN_REJECTED',
      /development, production/,
    ],
    ['where nobody listens', { url: 'http://127.0.0.1:9/api' }, 'FLAGS_ADMIN_UNREACHABLE', /does not answer/],
    ['at an address that is no Unleash', { url: 'http://127.0.0.1:9/api/x' }, 'FLAGS_ADMIN_UNREACHABLE', /x does not/],
  ])('%s says so', async (_, place, code, message) => {
    const error = { code, message: expect.stringMatching(message) };
    await expect(editor(place).createUnit('trips', [])).rejects.toMatchObject(error);
  });

  it('in a project that is not there says so', async () => {
    const error = { code: 'FLAGS_ADMIN_REJECTED', message: expect.stringContaining('project with id nope') };
    await expect(editor({ project: 'nope' }).createUnit(unit(), [])).rejects.toMatchObject(error);
  });

  it('with the token of an edge says so', async () => {
    const reading = editor({ token: world.server.tokens.development });
    await expect(reading.setKilled('trips', true)).rejects.toMatchObject({ code: 'FLAGS_ADMIN_REFUSED' });
  });

  it('knows a flag that is not there from one that is off', async () => {
    const name = unit();
    expect(await editor().setKilled(name, true)).toEqual({ changed: false });
    const missing = { code: 'FLAGS_MISSING', message: expect.stringContaining(`has no flag banyan.${name}`) };
    await expect(editor().setKilled(name, false)).rejects.toMatchObject(missing);
    await expect(editor().addToCohort(name, 'beta', ['7'])).rejects.toMatchObject({ code: 'FLAGS_MISSING' });
  });
});

function createProvider(options: Partial<UnleashFlagOptions>): FlagProvider {
  const token = world.server.tokens.development;
  return createUnleashFlagProvider({
    url: front.url,
    token,
    appName: 'banyan-test',
    refreshMs: 50,
    log: silentLog,
    ...options,
  });
}

/** The contract's view of the server: without a set it is one that does not know our token. */
async function openSource(set: FeatureSet | undefined): Promise<FlagSource> {
  if (set) await world.publish(set);
  const provider = createProvider(set ? {} : { token: 'default:development.forged' });
  await provider.start();
  if (set) await until(() => !provider.isOff('banyan.trips'));
  return {
    provider,
    publish: async (next) => {
      front.fail(undefined);
      await world.publish(next);
    },
    spoil: async () => {
      front.fail({ status: 200, body: '{"features": "none"}' });
      const seen = front.asked.length;
      await until(() => front.asked.length > seen + 1);
    },
    dispose: async () => {
      front.fail(undefined);
      await provider.stop();
    },
  };
}

/** Unleash itself looks for changes once a second. */
async function until(isSo: () => boolean): Promise<void> {
  expect(await waitUntil(isSo, { budgetMs: 20_000 })).toBe(true);
}
