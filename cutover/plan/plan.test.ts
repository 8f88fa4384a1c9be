import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { readDeclaration } from '../configuration/declaration.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'banyan-plans-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function validPlan(unit = 'trips', table = 'trips', path = '/api/trips/{id}') {
  return {
    unit,
    owner: { team: 'rides', contact: 'rides@example.test' },
    responsibilities: ['trips'],
    dataOwnership: { legacy: { schema: 'fleet', tables: [table] }, service: { schema: unit, tables: ['trip'] } },
    apis: [{ method: 'GET', path, access: 'read', entity: 'trip' }],
    service: { name: unit, url: '${TRIPS_URL}', database: `mysql://db/${unit}` },
    rollout: { salt: 's', ladder: [{ percent: 1 }, { percent: 100 }] },
    gates: { lag: { maxMs: 1000 }, verification: { maxAgeMinutes: 30 }, shadow: { maxMismatchPercent: 1 } },
  };
}

function given(unit: string, plan: object): void {
  mkdirSync(join(folder, unit), { recursive: true });
  writeFileSync(join(folder, unit, 'plan.yaml'), stringify(plan));
}

const env = { TRIPS_URL: 'http://127.0.0.1:1' };

function problemsOf(): string {
  try {
    readDeclaration(folder, env);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe('readDeclaration', () => {
  it('fills settings in and accepts a whole plan', () => {
    given('trips', validPlan());
    expect(readDeclaration(folder, env).units[0]?.plan.service.url).toBe('http://127.0.0.1:1');
  });

  it('names every problem of a plan at once', () => {
    given('trips', {
      ...validPlan(),
      colour: 'green',
      owner: { team: '', contact: 'x' },
      rollout: { salt: 's', ladder: [{ percent: 0.001 }] },
      service: { name: 'trips', url: '${NOWHERE}', database: 'mysql://db/trips' },
    });
    const message = problemsOf();
    for (const part of ['colour', 'owner.team', 'rollout.ladder.0.percent', 'NOWHERE']) expect(message).toContain(part);
  });

  it('names approvers and steps that are there twice, and counts nobody can reach', () => {
    const approver = { name: 'ada', key: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    const needed = [2, 3].map((count) => ({ before: 'cutover', count, validMinutes: 60 }));
    given('trips', { ...validPlan(), approvals: { approvers: [approver, approver], needed } });
    const message = problemsOf();
    for (const part of ['ada twice', 'the key 11qY', 'cutover twice', '3 for cutover, of 2'])
      expect(message).toContain(part);
  });

  it('names an approval of a retirement that it says nothing of', () => {
    const approvers = [{ name: 'ada', key: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }];
    const needed = [{ before: 'retire', count: 1, validMinutes: 5 }];
    given('trips', { ...validPlan(), approvals: { approvers, needed } });
    expect(problemsOf()).toContain('retire, which this plan has no retirement for');
    given('trips', { ...validPlan(), approvals: { approvers, needed }, retirement: { quietDays: 30 } });
    expect(problemsOf()).toBe('');
  });

  it('names an approver whose key is none', () => {
    const approvers = [{ name: 'ada', key: 'secret' }];
    given('trips', {
      ...validPlan(),
      approvals: { approvers, needed: [{ before: 'reads', count: 1, validMinutes: 5 }] },
    });
    expect(problemsOf()).toContain('banyan approver-key');
  });

  it('names rules of comparison that could not be meant', () => {
    const facts = { owner: 'rides', reason: 'known', expires: '2027-01-31' };
    const rules = [
      { rule: 'drop', path: '$.requestId', ...facts },
      { rule: 'drop', path: '$', ...facts },
      { rule: 'mask', path: '$.a', pattern: '(', ...facts },
      { rule: 'multiset', path: 'header.link', ...facts },
      { rule: 'drop', path: 'items[0]', ...facts },
      { rule: 'drop', path: '$.a', route: 'GET /nowhere', ...facts },
    ];
    given('trips', { ...validPlan(), comparison: { rules } });
    const message = problemsOf();
    for (const part of ['rules.1', 'drop at $', 'pattern (', 'multiset at header.link', 'at items[0]', 'GET /nowhere'])
      expect(message).toContain(part);
    expect(message).not.toContain('rules.0');
    given('trips', { ...validPlan(), comparison: { rules: [{ rule: 'round', path: '$.a', ...facts, reason: '' }] } });
    for (const part of ['digits', 'reason']) expect(problemsOf()).toContain(part);
    const keep = { paths: ['$.trips[*].fare', '$..fare'], hours: 24, owner: 'rides', reason: 'known' };
    given('trips', { ...validPlan(), comparison: { keep } });
    expect(problemsOf()).toContain('$..fare');
    given('trips', { ...validPlan(), comparison: { keep: { ...keep, paths: ['$.fare'], hours: 169 } } });
    expect(problemsOf()).toContain('hours');
    given('trips', { ...validPlan(), comparison: { rules: rules.slice(0, 1), keep: { ...keep, paths: ['$.fare'] } } });
    expect(problemsOf()).toBe('');
  });

  it('names a ramp that could not tell a regression, and what of its calendar is none', () => {
    const hours = { days: ['mon'], from: '17:00', to: '09:00' };
    const freezes = [{ from: '2026-12-24', to: '2026-12-23', why: 'x' }];
    given('trips', { ...validPlan(), ramp: { timeZone: 'Mars/Olympus', hours, freezes, minMinutes: 1 } });
    const message = problemsOf();
    for (const part of ['ramp.timeZone', 'ramp.hours', 'ramp.freezes.0']) expect(message).toContain(part);
    const ramp = { timeZone: 'UTC', hours: { ...hours, to: '18:00' }, minMinutes: 1 };
    given('trips', { ...validPlan(), ramp });
    expect(problemsOf()).toContain('without gates.errors');
  });

  it('names what a write needs that is rehearsed, and what nothing would come of', () => {
    const [read] = validPlan().apis;
    const write = { method: 'POST', path: '/api/trips', access: 'write', entity: 'trip', shadow: 'dry-run' };
    const facts = { owner: 'rides', reason: 'known', expires: '2027-01-31' };
    const effects = {
      rules: [{ rule: 'drop', column: 'elsewhere.at', ...facts }],
      calls: [{ route: 'POST /nowhere', method: 'POST', url: 'https://mail.example/' }],
    };
    given('trips', { ...validPlan(), apis: [{ ...read, shadow: 'validate', created: '$.id' }, write], effects });
    const message = problemsOf();
    for (const part of [
      'reads are mirrored',
      'shadow: dry-run beside it',
      'add created',
      'service.dryRunUser',
      'elsewhere.at',
      'POST /nowhere',
    ])
      expect(message).toContain(part);
    const service = { ...validPlan().service, dryRunUser: 'dry' };
    given('trips', { ...validPlan(), apis: [read, { ...write, created: '$.id' }], service });
    expect(problemsOf()).toBe('');
  });

  it('names a table that two units claim', () => {
    given('trips', validPlan());
    given('rides', validPlan('rides', 'trips', '/api/rides'));
    expect(problemsOf()).toContain('legacy table fleet.trips is claimed by');
  });

  it('sees that two templates with other parameter names are one route', () => {
    given('trips', validPlan());
    given('rides', validPlan('rides', 'rides', '/api/trips/{tripId}'));
    expect(problemsOf()).toContain('route GET /api/trips/{} is claimed by');
  });

  it('names a path that is in no api of the unit', () => {
    given('trips', { ...validPlan(), limits: [{ method: 'GET', path: '/api/trip', deadlineMs: 10 }] });
    expect(problemsOf()).toContain('/api/trip, which is in no api of the unit');
  });

  it('refuses a ladder that shrinks', () => {
    given('trips', { ...validPlan(), rollout: { salt: 's', ladder: [{ percent: 10 }, { percent: 5 }] } });
    expect(problemsOf()).toContain('rungs that only grow');
  });

  it('refuses a write that calls itself a read', () => {
    given('trips', { ...validPlan(), apis: [{ method: 'POST', path: '/api/trips', access: 'read', entity: 'trip' }] });
    expect(problemsOf()).toContain('write, because the method is not safe');
  });

  it('says what is missing when the folder holds no plan', () => {
    expect(problemsOf()).toContain('without any plan');
  });
});
