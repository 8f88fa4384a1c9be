import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog, type Pool } from '../../shared/index.ts';
import { useMariaDb } from '../../test/support/index.ts';
import { installControlSchema } from '../control/control-schema.ts';
import { ControlStore } from '../control/control-store.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type { ConfigurationOrder, EdgeConfigured } from './configuration-order.ts';
import { Configurations } from './configurations.ts';
import { readDeclaration } from './declaration.ts';

const database = useMariaDb();
const why = { who: 'ada@host', reason: 'a new address' };
const env = { TRIPS_URL: 'http://trips' };
let store: ControlStore;
let pool: Pool;
let folder: string;
let orders: ConfigurationOrder[];
let answer: (order: ConfigurationOrder) => EdgeConfigured[];
let owner: UnitRecord['owner'];

beforeAll(async () => {
  ({ pool } = await database.createDatabase());
  await installControlSchema(pool);
  store = new ControlStore(pool);
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-configuration-'));
  orders = [];
  answer = () => [{ edge: 'a', ms: 1 }];
  owner = 'legacy';
  write('${TRIPS_URL}');
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('the configuration of all edges', () => {
  it('is the files at the start, with a line in the journal when they are others than before', async () => {
    const first = await started();
    expect(orders).toMatchObject([{ purpose: 'apply', revision: first.revision }]);
    expect((await started()).revision).toBe(first.revision);
    write('http://elsewhere');
    expect((await started()).revision).toBe(first.revision + 1);
    expect(await lastLine()).toMatchObject({ who: 'banyan', reason: 'files at the start' });
  });

  it('is tried at every edge, journalled and only then applied', async () => {
    const configurations = await started();
    const { revision } = configurations;
    write('http://elsewhere');
    const lines: Promise<unknown>[] = [];
    answer = (order) => {
      lines.push(lastLine().then((line) => `${order.purpose}: ${line?.reason}`));
      return [{ edge: 'a', ms: 1 }];
    };
    expect(await configurations.reload(why)).toEqual({
      outcome: 'applied',
      revision: revision + 1,
      changes: ['trips: service.url'],
      edges: [{ edge: 'a', ms: 1 }],
    });
    expect(orders.map(({ purpose }) => purpose)).toEqual(['apply', 'try', 'apply']);
    expect(orders[2]?.files.map(({ text }) => text.includes('http://elsewhere'))).toEqual([true]);
    expect(await lastLine()).toMatchObject({ ...why, unit: '*', epoch: revision + 1, action: 'configuration' });
    expect(await lastLine()).toMatchObject({ detail: { changes: ['trips: service.url'] } });
    expect(await Promise.all(lines)).toEqual(['try: files at the start', 'apply: a new address']);
  });

  it.each<[string, () => void, string]>([
    ['is no plan', () => writeFileSync(join(folder, 'trips/plan.yaml'), 'unit: trips'), 'owner is missing'],
    ['needs a restart', () => write('http://x', 'other-salt'), 'trips: rollout is another one'],
    [
      'an edge cannot take up',
      () => ((answer = () => [{ edge: 'b', problem: 'TRIPS_URL is empty' }]), write('http://x')),
      'b: TRIPS_URL is empty',
    ],
    [
      'takes a route from its owner',
      () => ((owner = 'service'), write('http://x', 's', '/api/rides')),
      'trips: GET /api/trips is gone',
    ],
  ])('stays when what is told %s', async (_, change, problem) => {
    const configurations = await started();
    const before = await lastLine();
    change();
    await expect(configurations.reload(why)).rejects.toThrow(problem);
    expect(orders.map(({ purpose }) => purpose)).toEqual(['apply', 'try']);
    expect([await lastLine(), configurations.current.units[0]?.plan.service.url]).toEqual([before, 'http://trips']);
  });

  it('stays when nothing is different, in a dry run, and without a reason', async () => {
    const configurations = await started();
    expect(await configurations.reload(why)).toMatchObject({ outcome: 'unchanged', changes: [] });
    write('http://elsewhere');
    expect(await configurations.reload({ ...why, reason: '', dryRun: true })).toMatchObject({ outcome: 'would-apply' });
    await expect(configurations.reload({ who: 'ada', reason: ' ' })).rejects.toMatchObject({ code: 'REASON_MISSING' });
    expect(orders.map(({ purpose }) => purpose)).toEqual(['apply', 'try', 'dry-run']);
  });

  it('names the edges that are silent', async () => {
    const configurations = await started();
    answer = () => [{ edge: 'a', ms: 3 }, { edge: 'b' }];
    write('http://elsewhere');
    expect((await configurations.reload(why)).edges).toEqual([{ edge: 'a', ms: 3 }, { edge: 'b' }]);
  });

  it('invariant 10: journals places, never values', async () => {
    const configurations = await started();
    write('http://elsewhere');
    await configurations.reload(why);
    expect(JSON.stringify(await lastLine())).not.toContain('elsewhere');
  });
});

async function started(): Promise<Configurations> {
  const edges = {
    configure: (order: ConfigurationOrder) => {
      orders.push(order);
      return Promise.resolve(answer(order));
    },
  };
  const configurations = new Configurations({
    declaration: readDeclaration(folder, env, { withDatabases: false }),
    folder,
    env,
    store,
    edges,
    recordOf: () => ({ owner }) as UnitRecord,
    withDatabases: false,
    log: silentLog,
  });
  await configurations.start();
  return configurations;
}

async function lastLine() {
  return (await store.journal.list({ limit: 1 }))[0];
}

function write(url: string, salt = 's', path = '/api/trips'): void {
  mkdirSync(join(folder, 'trips'), { recursive: true });
  writeFileSync(
    join(folder, 'trips/plan.yaml'),
    `unit: trips
owner: { team: rides, contact: rides@example.test }
responsibilities: [trips]
dataOwnership:
  legacy: { schema: fleet, tables: [trips] }
  service: { schema: trips, tables: [trip] }
apis: [{ method: GET, path: ${path}, access: read, entity: trip }]
service: { name: trips, url: "${url}", database: "mysql://db/trips" }
rollout: { salt: ${salt}, ladder: [{ percent: 1 }] }
gates: { lag: { maxMs: 1000 }, verification: { maxAgeMinutes: 30 }, shadow: { maxMismatchPercent: 1 } }
`,
  );
}
