import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog, waitUntil } from '../shared/index.ts';
import { KillSwitch } from './kill-switch.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kill-'));
  path = join(folder, 'banyan.kill');
});
afterEach(() => rm(folder, { recursive: true }));

describe('the kill switch', () => {
  it.each<[string, string, boolean, boolean]>([
    ['nothing', '', false, false],
    ['one name', 'trips\n', true, false],
    ['a star', '*', true, true],
    ['names with commas and a comment', 'billing, trips # since Tuesday', true, false],
    ['a name in a comment', '# trips', false, false],
    ['a longer name', 'trips-archive', false, false],
  ])('knows at its start what the file lists: %s', async (_, text, trips, routes) => {
    await writeFile(path, text);
    const kill = await opened();
    expect([kill.isKilled('trips'), kill.isKilled('routes')]).toEqual([trips, routes]);
    await kill.stop();
  });

  it('follows the file without a restart, both ways', async () => {
    const kill = await opened();
    await writeFile(path, 'trips\n');
    expect(await waitUntil(() => kill.isKilled('trips'), { budgetMs: 20_000 })).toBe(true);
    await rm(path);
    expect(await waitUntil(() => !kill.isKilled('trips'), { budgetMs: 20_000 })).toBe(true);
    await kill.stop();
  });

  it('counts what an operator says at once, and keeps it in the file beside what is there', async () => {
    await writeFile(path, '# by hand\nrouting billing\n');
    const kill = await opened();
    const kept = kill.set('trips', true);
    expect(kill.isKilled('trips')).toBe(true);
    expect(await kept).toBe(true);
    expect(await readFile(path, 'utf8')).toBe('# by hand\nrouting billing\ntrips\n');
    await kill.set('billing', false);
    expect(await readFile(path, 'utf8')).toBe('# by hand\nrouting\ntrips\n');
    expect(kill.killed).toEqual(['routing', 'trips']);
    await kill.stop();
  });

  it('counts what was said to the process that keeps the file, until the file says something new', async () => {
    const kill = await opened();
    kill.hear('trips', true);
    expect([kill.isKilled('trips'), kill.killed]).toEqual([true, ['trips']]);
    await writeFile(path, 'routes\n');
    expect(await waitUntil(() => kill.isKilled('routes'), { budgetMs: 20_000 })).toBe(true);
    expect(kill.isKilled('trips')).toBe(false);
    kill.hear('routes', false);
    expect(kill.isKilled('routes')).toBe(false);
    await kill.stop();
  });

  it('loses none of several words said at once', async () => {
    const kill = await opened();
    await Promise.all(['trips', 'routes', 'billing'].map((unit) => kill.set(unit, true)));
    expect(await readFile(path, 'utf8')).toBe('trips\nroutes\nbilling\n');
    expect(kill.killed).toEqual(['trips', 'routes', 'billing']);
    await kill.stop();
  });

  it('holds what it was told while the file cannot be written, and says that a restart will not know', async () => {
    const kill = new KillSwitch({ path: join(folder, 'missing', 'banyan.kill'), units: ['trips'], log: silentLog });
    await kill.start();
    expect(await kill.set('*', true)).toBe(false);
    expect(kill.isKilled('trips')).toBe(true);
    await kill.set('*', false);
    expect(kill.isKilled('trips')).toBe(false);
    await kill.stop();
  });
});

async function opened(): Promise<KillSwitch> {
  const kill = new KillSwitch({ path, units: ['trips', 'routes'], log: silentLog });
  await kill.start();
  return kill;
}
