import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inspectSource, inspectTarget, installBookkeeping, installFence, readOwner } from '../../cdc/index.ts';
import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { openConnection, waitUntil } from '../../shared/index.ts';
import { startMariaDb } from '../../stack/index.ts';
import { fencesOf, notPrinted, stepsOf, type DocumentedCommand } from '../support/documented.ts';
import { runProgram, startProgram, type Program } from '../support/program.ts';
import { startWorld, type World } from '../support/world.ts';

const pages = ['README.md', ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))];
const textOf = (page: string): string => readFileSync(page, 'utf8');

describe('the pages', () => {
  it('name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = pages.flatMap((page) =>
      [...textOf(page).matchAll(/npm (?:run (?:-s )?)?([a-z:]+)/g)].map(([, n]) => n),
    );
    expect(named.filter((name) => name !== 'ci' && !Object.hasOwn(scripts, name ?? ''))).toEqual([]);
  });

  it('name only commands that exist', async () => {
    const { stdout } = await runProgram({ args: ['cli/banyan.mjs', '--help'], env: {} });
    const verbs = new Set([...stdout.matchAll(/^ {2}([a-z-]+) /gm)].map(([, verb]) => verb));
    const named = pages.flatMap((page) =>
      [...textOf(page).matchAll(/`banyan (?:--json )?([a-z-]+)/g)].map(([, v]) => v),
    );
    expect(named.filter((verb) => !verbs.has(verb))).toEqual([]);
  });

  it('link only to what is there', () => {
    const links = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, to = '']) => join(dirname(page), to)),
    );
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
  });
});

describe('docs/how-to-start.md', () => {
  it('asks for settings and rights with which the checks pass and a fence can be made', async () => {
    const fences = fencesOf('docs/how-to-start.md');
    const server = await startMariaDb({
      flags: flagsOf(fences.find(({ language }) => language === 'ini')?.lines ?? []),
    });
    try {
      await server.sql(
        `CREATE DATABASE fleet; CREATE TABLE fleet.trips (id INT PRIMARY KEY) ENGINE=InnoDB;
         CREATE DATABASE trips; CREATE TABLE trips.trip (id INT PRIMARY KEY) ENGINE=InnoDB`,
      );
      for (const { lines } of fences.filter(({ language }) => language === 'sql')) await server.sql(lines.join('\n'));
      const of = (schema: string, table: string) => ({
        url: server.url('banyan', 'choose-one', schema),
        schema,
        tables: [table],
      });
      const [legacy, service] = [of('fleet', 'trips'), of('trips', 'trip')];
      const found = await Promise.all([
        inspectSource(legacy),
        inspectTarget({ ...service, source: legacy, maps: {} }),
        inspectSource(service),
        inspectTarget({ ...legacy, source: service, maps: {} }),
      ]);
      expect(found.flat()).toEqual([]);
      expect(await fenceWith(legacy)).toEqual({ owner: 'legacy', epoch: 0 });
    } finally {
      await server.stop();
    }
  }, 600_000);
});

async function fenceWith({ url, schema, tables }: { url: string; schema: string; tables: string[] }) {
  const connection = await openConnection(url);
  try {
    await installBookkeeping(connection);
    await installFence(connection, { unit: 'trips', side: 'legacy', schema, tables, applyUser: 'banyan' });
    return await readOwner(connection, 'trips');
  } finally {
    await connection.end();
  }
}

/** `name = value  # why` lines of an option file as flags of the server. */
function flagsOf(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const [, name, value] = /^(\w+)\s*=\s*(\S+)/.exec(line) ?? [];
    return name ? [`--${name.replaceAll('_', '-')}=${value}`] : [];
  });
}

describe('docs/how-to-move.md', () => {
  let world: World;
  let banyan: Program;
  let traffic: Traffic;

  beforeAll(async () => {
    world = await startWorld({ size: { users: 100, vehicles: 20, trips: 2_000 } });
    traffic = createTraffic({
      baseUrl: `http://127.0.0.1:${world.env['PORT']}`,
      users: { from: 11, count: 40 },
      requestsPerSecond: 100,
    });
  }, 600_000);

  afterAll(async () => {
    await traffic.stop();
    await banyan?.stop();
    await world.stop();
  });

  /** What a person waits for between two steps: samples, a copy that is level. */
  async function gatesPass(): Promise<boolean> {
    const answer = await fetch(`${world.env['BANYAN_CONTROL_URL']}/v1/units/trips/gates`, {
      headers: { authorization: `Bearer ${world.env['BANYAN_ADMIN_TOKEN']}` },
    });
    const { gates } = (await answer.json()) as { gates: { verdict: string }[] };
    return gates.every(({ verdict }) => verdict === 'pass');
  }

  async function up(): Promise<string> {
    banyan = await startProgram({ args: ['cli/banyan.mjs', 'up'], env: world.env, readyWhen: /^control\s+(\S+)/ });
    await traffic.start();
    return banyan.stdout();
  }

  async function run({ line, args, exitCode }: DocumentedCommand): Promise<string> {
    const [program, ...rest] = args;
    if (program !== 'banyan') throw new Error(`"${line}" is not a command of banyan`);
    if (rest[0] === 'up') return up();
    if (exitCode === 0 && ['stage', 'cutover', 'rollback'].includes(rest[0] ?? ''))
      await waitUntil(gatesPass, { budgetMs: 40_000, everyMs: 200 });
    const end = await runProgram({ args: ['cli/banyan.mjs', ...rest], env: world.env });
    expect({ line, exitCode: end.exitCode, output: end.output }).toMatchObject({ line, exitCode });
    return end.output;
  }

  it.each(
    stepsOf('docs/how-to-move.md').map((step) => [step.commands.map(({ line }) => line).join('; '), step] as const),
  )(
    'does and prints what it says: %s',
    async (_, { commands, prints }) => {
      let output = '';
      for (const command of commands) output += `${await run(command)}\n`;
      expect({ missing: notPrinted(prints, output), output }).toMatchObject({ missing: [] });
    },
    600_000,
  );

  it('lets no request fail and shows nobody anything stale on the way', async () => {
    await traffic.pause();
    const { requests, failures, stale } = traffic.report();
    expect({ failures, stale }).toEqual({ failures: [], stale: [] });
    expect(requests).toBeGreaterThan(200);
  });
});
