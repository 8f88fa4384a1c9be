import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../shared/index.ts';
import { fencesOf, notPrinted, stepsOf } from '../support/documented.ts';
import { changedPlans } from '../support/plans.ts';
import { runProgram, startProgram, type Program } from '../support/program.ts';
import { startWorld, type World } from '../support/world.ts';

const page = 'docs/how-to-parked.md';
let world: World;
let banyan: Program;
let plans: string;
let env: Record<string, string>;

beforeAll(async () => {
  plans = changedPlans((plan) => Object.assign(plan, { changes: { onRefusal: 'park' } }));
  world = await startWorld({ size: { users: 30, vehicles: 10, trips: 200 } });
  env = { ...world.env, BANYAN_PLANS: plans };
  banyan = await startProgram({ args: ['cli/banyan.mjs', 'up'], env, readyWhen: /^control\s+(\S+)/ });
  await waitUntil(async () => (await run('--json', 'status')).includes('"streaming"'), {
    budgetMs: 30_000,
    everyMs: 100,
  });
}, 600_000);

afterAll(async () => {
  await banyan.stop();
  await world.stop();
  rmSync(plans, { recursive: true });
});

async function run(...args: string[]): Promise<string> {
  return (await runProgram({ args: ['cli/banyan.mjs', ...args], env })).output;
}

async function gate(): Promise<string | undefined> {
  const units = JSON.parse(await run('--json', 'status')) as { units: { measured: { parked?: number } }[] };
  return String(units.units[0]?.measured.parked);
}

describe(page, () => {
  it('begins with a column that is too short', async () => {
    await world.serviceDb.sql("SET sql_mode = ''; ALTER TABLE trip MODIFY pickup VARCHAR(45) NOT NULL", 'trips');
    await world.legacyDb.sql(
      `UPDATE trips SET pickup_addr = 'a very long way beyond the last houses of the town #1' WHERE id = 1001;
       UPDATE trips SET note = 'and it goes on' WHERE id = 1001; UPDATE trips SET pickup_addr = 'here' ORDER BY id DESC LIMIT 1`,
      'fleet',
    );
    expect(await waitUntil(async () => (await gate()) === '2', { budgetMs: 20_000, everyMs: 100 })).toBe(true);
    const [row] = await world.serviceDb.sql<{ pickup: string }>(
      'SELECT pickup FROM trip ORDER BY id DESC LIMIT 1',
      'trips',
    );
    expect(row?.pickup).toBe('here');
  });

  it.each(stepsOf(page).map((step) => [step.commands.map(({ line }) => line).join('; '), step] as const))(
    'does and prints what it says: %s',
    async (_, { commands, prints }) => {
      if (commands.some(({ line }) => line.includes('replay'))) await mend();
      let output = '';
      for (const { args, line, exitCode } of commands) {
        const end = await runProgram({ args: ['cli/banyan.mjs', ...args.slice(1)], env });
        expect({ line, exitCode: end.exitCode, output: end.output }).toMatchObject({ line, exitCode });
        output += `${end.output}\n`;
      }
      expect({ missing: notPrinted(prints, output), output }).toMatchObject({ missing: [] });
    },
  );

  async function mend(): Promise<void> {
    for (const { language, lines } of fencesOf(page))
      if (language === 'sql') await world.serviceDb.sql(lines.join('\n'));
  }

  it('leaves the row as the mapping says', async () => {
    const [row] = await world.serviceDb.sql('SELECT pickup, note FROM trip WHERE id = 1001', 'trips');
    expect(row).toEqual({ pickup: 'a very long way beyond the last houses of the town #1', note: 'and it goes on' });
    expect(await gate()).toBe('0');
  });

  it('tells the journal who did what, without a row', async () => {
    const journal = await run('--json', 'journal', 'trips');
    expect(journal).toContain('parked-replay');
    expect(journal).toContain('pickup is wide enough now');
    expect(journal).not.toContain('beyond the last houses');
  });

  it('refuses what it does not know', async () => {
    const unknown = await runProgram({ args: ['cli/banyan.mjs', 'parked', 'show', 'trips', 'forward-99'], env });
    expect(unknown).toMatchObject({ exitCode: 1, output: expect.stringMatching(/CDC_PARKED_UNKNOWN/) });
    const verb = await runProgram({ args: ['cli/banyan.mjs', 'parked', 'burn', 'trips'], env });
    expect(verb.exitCode).toBe(2);
  });
});
