import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { runProgram, type ProgramEnd } from '../support/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'banyan-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const complete = {
  LEGACY_URL: 'http://127.0.0.1:1',
  LEGACY_DATABASE_URL: 'mysql://banyan:hunter2@127.0.0.1:1/fleet',
  CONTROL_DATABASE_URL: 'mysql://banyan:hunter2@127.0.0.1:1/banyan',
  TRIPS_URL: 'http://127.0.0.1:1',
  TRIPS_DATABASE_URL: 'mysql://banyan:hunter2@127.0.0.1:1/trips',
  SESSION_SECRET: 'secret',
  BANYAN_IDENTITY_KEY: 'a key of thirty-two characters or more',
  BANYAN_ADMIN_TOKEN: 'token',
  BANYAN_CONTROL_URL: 'http://127.0.0.1:1',
  BANYAN_FLAGS: join(folder, 'flags.json'),
};

function banyan(args: string[], env: Record<string, string> = complete): Promise<ProgramEnd> {
  return runProgram({ args: ['cli/banyan.mjs', ...args], env });
}

describe('the exit code', () => {
  it('is 0 for help', async () => {
    expect(await banyan(['--help'])).toMatchObject({ exitCode: 0 });
  });

  it.each([[['frobnicate']], [['stage']], [['status', '--nonsense']], [['cohort', 'trips', 'beta', 'invite']]])(
    'is 2 for wrong usage: %s',
    async (args) => {
      expect(await banyan(args)).toMatchObject({ exitCode: 2 });
    },
  );

  it('is 2 for missing settings, all of them named', async () => {
    const { exitCode, output } = await banyan(['up'], { ...complete, LEGACY_URL: '', SESSION_SECRET: '' });
    expect(exitCode).toBe(2);
    expect(output).toContain('LEGACY_URL is empty');
    expect(output).toContain('SESSION_SECRET is empty');
  });

  it('is 2 for a change without a reason', async () => {
    writeFileSync(
      complete.BANYAN_FLAGS,
      JSON.stringify({ version: 1, features: [{ name: 'banyan.trips', enabled: true, strategies: [] }] }),
    );
    const { exitCode, output } = await banyan(['kill', 'trips']);
    expect(exitCode).toBe(2);
    expect(output).toContain('REASON_MISSING');
  });

  it('is 1 when banyan does not run, with the command to start it', async () => {
    const { exitCode, output } = await banyan(['status']);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/CLI_UNREACHABLE[\s\S]*banyan up/);
  });
});

describe('before anything is changed', () => {
  it('a wrong plan is refused with every problem', async () => {
    mkdirSync(join(folder, 'plans', 'trips'), { recursive: true });
    writeFileSync(join(folder, 'plans', 'trips', 'plan.yaml'), 'unit: Trips\ncolour: green\n');
    const { exitCode, output } = await banyan(['doctor'], { ...complete, BANYAN_PLANS: join(folder, 'plans') });
    expect(exitCode).toBe(2);
    for (const part of ['colour', 'unit is "Trips"', 'apis is missing', 'rollout is missing'])
      expect(output).toContain(part);
  });

  it('doctor lists unreachable legacy, service and databases, and no password', async () => {
    const { exitCode, output } = await banyan(['doctor']);
    expect(exitCode).toBe(1);
    for (const part of ['LEGACY_URL', 'service of trips', '127.0.0.1:1/fleet', '127.0.0.1:1/trips'])
      expect(output).toContain(part);
    expect(output).not.toContain('hunter2');
  });

  it('up starts nothing while a database does not answer', async () => {
    const { exitCode, output } = await banyan(['up']);
    expect(exitCode).toBe(1);
    expect(output).toContain('DOCTOR_FOUND: nothing was started or changed');
  });
});
