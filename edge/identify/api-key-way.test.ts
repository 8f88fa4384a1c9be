import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import { ManualClock } from '../testing/manual-clock.fixture.ts';
import { openWho, type Asked } from '../testing/who.fixture.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-'));
  file = join(folder, 'keys.json');
});
afterEach(() => rm(folder, { recursive: true }));

describe('an API key', () => {
  it('is known by its hash, and cannot be taken for a user', async () => {
    await write([key('7', 'hush')]);
    const { caller, who, refusals, identifier } = await opened();
    expect(await caller({ 'X-Api-Key': 'hush' })).toMatchObject({
      subject: { id: 'key:7', kind: 'api-key' },
      identity: { sub: 'key:7', kind: 'api-key' },
    });
    expect(await who({ 'X-Api-Key': 'guess' })).toBe('nobody');
    expect(await who({})).toBe('nobody');
    expect(await refusals()).toEqual({ 'api-key unknown-key': 1 });
    await identifier.stop();
  });

  it('comes and goes with the file, and a file that is wrong takes nothing away', async () => {
    await write([key('first', 'one')]);
    const { who, identifier } = await opened();
    await writeFile(file, '{"keys":[{"id":"first"}]}');
    await write([key('first', 'one'), key('second', 'two')]);
    expect(
      await waitUntil(async () => (await who({ 'x-api-key': 'two' })) === 'api-key key:second', { budgetMs: 20_000 }),
    ).toBe(true);
    await writeFile(file, 'nonsense');
    expect(await who({ 'x-api-key': 'one' })).toBe('api-key key:first');
    await rm(file);
    expect(await waitUntil(async () => (await who({ 'x-api-key': 'one' })) === 'nobody', { budgetMs: 20_000 })).toBe(
      true,
    );
    await identifier.stop();
  });

  it('ends with its time, and may belong to a tenant', async () => {
    const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'));
    await write([{ ...key('ci', 'one'), tenant: 'acme', expires: '2026-01-02T00:00:00Z' }]);
    const { who, identifier } = await opened(clock, 'tenant');
    expect(await who({ 'x-api-key': 'one' })).toBe('tenant tenant:acme');
    await clock.advance(86_400_000);
    expect(await who({ 'x-api-key': 'one' })).toBe('nobody');
    await identifier.stop();
  });
});

function opened(clock = new ManualClock(1), by: 'user' | 'tenant' = 'user'): Promise<Asked> {
  return openWho({ ways: [{ way: 'api-key', header: 'x-api-key', file }], by }, clock);
}

function key(id: string, value: string): object {
  return { id, sha256: hash('sha256', value, 'hex') };
}

function write(keys: readonly object[]): Promise<void> {
  return writeFile(file, JSON.stringify({ keys }));
}
