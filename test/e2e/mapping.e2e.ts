import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { notPrinted, stepsOf } from '../support/documented.ts';
import { runProgram, type ProgramEnd } from '../support/program.ts';
import { startWorld, type World } from '../support/world.ts';

describe('the checks before a start', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({ size: { users: 50, vehicles: 10, trips: 500 } });
  }, 600_000);
  afterAll(() => world.stop());

  const banyan = (...args: string[]): Promise<ProgramEnd> =>
    runProgram({ args: ['cli/banyan.mjs', ...args], env: world.env });

  it.each(
    ['docs/how-to-mapping.md', 'docs/how-to-doctor.md'].flatMap((page) =>
      stepsOf(page).flatMap(({ commands, prints }) => commands.map((command) => ({ page, ...command, prints }))),
    ),
  )('$page: $line', async ({ args, exitCode, prints }) => {
    const end = await banyan(...args.slice(1));
    expect({ code: end.exitCode, output: end.output }).toMatchObject({ code: exitCode });
    expect({ missing: notPrinted(prints, end.output), output: end.output }).toMatchObject({ missing: [] });
  });

  it('a value that the mapping does not know is refused by its name and its rows', async () => {
    await world.legacyDb.sql(
      `SET SESSION sql_mode=''; UPDATE trips SET status='no such member' ORDER BY id LIMIT 3`,
      'fleet',
    );
    const check = await banyan('mapping', 'check', 'trips');
    expect(check.exitCode).toBe(1);
    expect(check.output).toMatch(/refused\s+trips\s+3\s+.*status holds an empty ENUM .*: status '' \(3\)/);
    expect(check.output).toContain('MAPPING_REFUSED: the mapping of trips has 1 problem(s)');
    const doctor = await banyan('--json', 'doctor');
    expect(doctor.exitCode).toBe(1);
    const { problems } = JSON.parse(doctor.stdout) as { problems: { subject: string; value: string }[] };
    expect(problems.map(({ subject }) => subject)).toEqual(['mapping: trips']);
  });
});
