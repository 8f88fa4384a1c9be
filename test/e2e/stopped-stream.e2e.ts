import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTraffic } from '../../legacy/index.ts';
import { waitUntil } from '../../shared/index.ts';
import { startBanyan, who, type Banyan } from '../support/banyan.ts';
import { runProgram } from '../support/program.ts';
import { sessionOf } from '../support/session.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let banyan: Banyan;

beforeAll(async () => {
  world = await startWorld({ size: { users: 100, vehicles: 20, trips: 500 } });
  banyan = await startBanyan(world);
  const traffic = createTraffic({ baseUrl: banyan.edgeUrl, users: { from: 31, count: 20 }, requestsPerSecond: 100 });
  await traffic.start();
  await banyan.walkTo('reads');
  await traffic.stop();
}, 600_000);

afterAll(async () => {
  await banyan.stop();
  await world.stop();
});

async function decisionOf(user: number): Promise<string> {
  const headers = { ...(await sessionOf(banyan.edgeUrl, user)), 'x-banyan-explain': '1' };
  const answer = await fetch(`${banyan.edgeUrl}/api/trips`, { headers });
  await answer.text();
  return `${answer.status} ${answer.headers.get('x-banyan-target')} ${answer.headers.get('x-banyan-reason')}`;
}

async function syncOf(): Promise<string | undefined> {
  const [status] = await banyan.controller.status();
  return status?.measured.sync?.state;
}

async function eventually(what: () => Promise<string | undefined>, expected: string): Promise<void> {
  let last: string | undefined;
  await waitUntil(async () => (last = await what()) === expected, { budgetMs: 10_000, everyMs: 50 });
  expect(last).toBe(expected);
}

describe('a stream that a schema change has stopped', () => {
  it('sends every reader back to legacy, own writes or not, and tells why it stopped', async () => {
    await eventually(() => decisionOf(11), '200 service reads');
    await world.legacyDb.sql('ALTER TABLE trips ADD COLUMN forgotten INT NULL, MODIFY note MEDIUMTEXT NULL', 'fleet');
    await eventually(syncOf, 'stopped (CDC_SCHEMA_CHANGED)');
    await eventually(() => decisionOf(11), '200 legacy copy-late');
  });

  it('shows what changed and the lines of the mapping that name it', async () => {
    const { output } = await runProgram({ args: ['cli/banyan.mjs', 'schema', 'trips'], env: world.env });
    expect(output).toMatch(/trips\s+note\s+was text character set utf8mb4 NULL, is mediumtext/);
    expect(output).toMatch(/trips\s+forgotten\s+was added as int\(11\) NULL/);
    expect(output).toMatch(/migrations\/trips\/trip\.ts:\d+ {2}note: valueOf\(row, 'note'\),/);
    expect(output).not.toContain("the service's tables have changed");
  });

  it('stops again in front of the same change when it is only resumed', async () => {
    await banyan.controller.resume('trips', { ...who, fresh: false });
    await eventually(syncOf, 'stopped (CDC_SCHEMA_CHANGED)');
  });

  it('takes no fresh copy while users read the old one', async () => {
    const attempt = banyan.controller.resume('trips', { ...who, fresh: true });
    await expect(attempt).rejects.toMatchObject({ code: 'STAGE_REFUSED' });
  });

  it('goes on from a fresh copy, which is equal again', async () => {
    await banyan.controller.moveStage('trips', { type: 'go-to', stage: 'shadow' }, who);
    await banyan.controller.resume('trips', { ...who, fresh: true });
    await eventually(syncOf, 'streaming');
    const verification = await banyan.controller.verify('trips', 'forward', {});
    expect(verification.findings).toEqual([]);
    expect(verification.rows).toBeGreaterThan(500);
  });
});
