import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { silentLog, waitUntil } from '../../shared/index.ts';
import { as, openWorld } from '../testing/edge.fixture.ts';
import { ManualClock } from '../testing/manual-clock.fixture.ts';
import { OVERLAP_MS, rotateIdentityKeys } from './identity-key-file.ts';
import { IdentityKeys } from './identity-keys.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'identity-'));
  file = join(folder, 'keys.json');
});
afterEach(() => rm(folder, { recursive: true }));

describe('identity tokens signed with a private key', () => {
  it.each(['EdDSA', 'ES256'] as const)(
    'are verified by a service with nothing but the address of the edge: %s',
    async (alg) => {
      await rotateIdentityKeys(file, alg, Date.now());
      const identityKeys = await opened(new ManualClock(Date.now()));
      const world = await openWorld({ identityKey: undefined, identityKeys });
      const { port } = await world.edge.listenAdmin(0);
      await world.get('/api/trips/7', as('7'));
      const token = String(world.service.seen[0]?.headers['x-banyan-identity']);
      const keys = createRemoteJWKSet(new URL(`http://127.0.0.1:${port}/.well-known/jwks.json`));
      const { payload } = await jwtVerify(token, keys, { audience: 'trips', issuer: 'banyan-edge', algorithms: [alg] });
      expect(payload.sub).toBe('7');
      await expect(jwtVerify(token, keys, { audience: 'routes' })).rejects.toThrow('aud');
      expect(JSON.stringify(identityKeys.published)).not.toContain('"d"');
      await world.close();
      await identityKeys.stop();
    },
  );

  it('change their key without a gap: a new one is published first and signs later, an old one goes last', async () => {
    const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'));
    const first = await rotateIdentityKeys(file, 'EdDSA', clock.now());
    const keys = await opened(clock);
    const second = await rotateIdentityKeys(file, 'ES256', clock.now());
    expect(await waitUntil(() => keys.published.keys.length === 2, { budgetMs: 20_000 })).toBe(true);
    expect(decodeProtectedHeader(keys.sign({}))).toMatchObject({ kid: first.kid, alg: 'EdDSA' });
    await clock.advance(OVERLAP_MS);
    expect(decodeProtectedHeader(keys.sign({}))).toMatchObject({ kid: second.kid, alg: 'ES256' });
    await clock.advance(OVERLAP_MS);
    await rotateIdentityKeys(file, 'EdDSA', clock.now());
    const kids = (): unknown[] => keys.published.keys.map((key) => Reflect.get(key, 'kid'));
    expect(
      await waitUntil(() => !kids().includes(first.kid) && kids().includes(second.kid), { budgetMs: 20_000 }),
    ).toBe(true);
    expect((await stat(file)).mode & 0o077).toBe(0);
    await keys.stop();
  });

  it('are refused at the start without keys, and keep the last ones when the file goes wrong later', async () => {
    await expect(opened(new ManualClock())).rejects.toMatchObject({ code: 'EDGE_IDENTITY_KEYS_INVALID' });
    await rotateIdentityKeys(file, 'EdDSA', 0);
    const keys = await opened(new ManualClock(1));
    const secret = (JSON.parse(await readFile(file, 'utf8')) as { keys: { d: string }[] }).keys[0]?.d ?? '';
    await writeFile(file, 'nonsense');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(keys.sign({})).not.toContain(secret);
    await keys.stop();
  });
});

async function opened(clock: ManualClock): Promise<IdentityKeys> {
  const keys = new IdentityKeys({ file, clock, log: silentLog });
  await keys.start();
  return keys;
}
