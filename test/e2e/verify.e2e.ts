import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openConnection, waitUntil } from '../../shared/index.ts';
import { startBanyan, type Banyan } from '../support/banyan.ts';
import { runProgram, type ProgramEnd } from '../support/program.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let banyan: Banyan;

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 500 } });
  banyan = await startBanyan(world);
}, 600_000);

afterAll(async () => {
  await banyan.stop();
  await world.stop();
});

function verify(...flags: string[]): Promise<ProgramEnd> {
  return runProgram({ args: ['cli/banyan.mjs', 'verify', 'trips', ...flags], env: world.env });
}

/** Past the fence: the streams' own account may write. */
async function damage(sql: string): Promise<void> {
  const connection = await openConnection(world.env['TRIPS_DATABASE_URL'] ?? '');
  await connection.query(sql);
  connection.destroy();
}

/** Whether the exact run that is kept is over: 0 for one that can be gone on with. */
async function keptRuns(): Promise<number[]> {
  const rows = await world.serviceDb.sql("SELECT is_finished FROM banyan.verification_run WHERE mode = 'exact'");
  return rows.map((row) => Number(row['is_finished']));
}

describe('banyan verify', () => {
  it('says that both sides are equal, in either mode', async () => {
    const exact = await verify();
    expect(exact.stdout).toMatch(/^trips: 0 wrong of \d+ rows at \S+ in [\d.]+ s\n$/);
    const continuous = await verify('--continuous', '--passes', '1', '--max-rows-per-s', '100000');
    expect(continuous.stdout).toMatch(/^trips: 0 wrong of \d+ rows up to \S+ in [\d.]+ s\n100 % covered/);
    expect([exact.exitCode, continuous.exitCode]).toEqual([0, 0]);
  });

  it('finds a damaged row in either mode, fails the gate, and repairs it with a reason', async () => {
    await damage('UPDATE trips.trip SET id = id + 1000000 ORDER BY id LIMIT 1');
    for (const flags of [[], ['--continuous', '--passes', '1']]) {
      const found = await verify(...flags);
      expect(found).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^trips: 2 wrong of/) });
    }
    const gates = await banyan.controller.gates('trips');
    expect(gates.find(({ gate }) => gate === 'verification')?.verdict ?? 'fail').toBe('fail');
    expect(await verify('--repair')).toMatchObject({ exitCode: 2, output: expect.stringContaining('REASON_MISSING') });
    const dry = await verify('--repair', '--dry-run');
    expect(dry.stdout).toContain('1 would be written, 1 would be removed');
    const repaired = await verify('--repair', '--reason', 'damaged by hand');
    expect(repaired).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 written, 1 removed') });
    expect((await verify()).exitCode).toBe(0);
  });

  it('keeps in the journal who repaired what and why', async () => {
    const { stdout } = await runProgram({ args: ['cli/banyan.mjs', '--json', 'journal', 'trips'], env: world.env });
    const { journal } = JSON.parse(stdout) as { journal: { action: string; reason: string; detail: object }[] };
    const repairs = journal.filter(({ action }) => action === 'repair');
    expect(repairs).toMatchObject([{ reason: 'damaged by hand', detail: { written: 1, removed: 1, wrong: 2 } }]);
  });

  it('says what it covered when it is interrupted, and goes on from there', async () => {
    const child = spawn(process.execPath, ['cli/banyan.mjs', 'verify', 'trips', '--max-rows-per-s', '500'], {
      env: { ...process.env, ...world.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const progress = async (): Promise<boolean> => (await keptRuns()).includes(0);
    expect(await waitUntil(progress, { budgetMs: 20_000, everyMs: 20 })).toBe(true);
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, said }).toEqual({
      code: 1,
      said: expect.stringMatching(/interrupted: [\d.]+ % of trips was covered/),
    });
    const resumed = await runProgram({
      args: ['cli/banyan.mjs', '--json', 'verify', 'trips', '--resume'],
      env: world.env,
    });
    expect(JSON.parse(resumed.stdout)).toMatchObject({ resumed: true, wrong: 0, coverage: 100 });
    expect(await keptRuns()).not.toContain(0);
  });

  it.each([
    [['--passes', '2'], 'passes'],
    [['--continuous', '--repair', '--reason', 'x'], 'repair'],
    [['--dry-run'], '--dry-run'],
    [['--max-rows-per-s', 'fast'], '--max-rows-per-s'],
  ])('refuses %j, of which a part would do nothing', async (flags, name) => {
    const refused = await verify(...flags);
    expect(refused).toMatchObject({ exitCode: 2, output: expect.stringContaining(name) });
  });
});
