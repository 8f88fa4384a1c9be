import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import {
  registerCallerMetrics,
  registerLeaderMetrics,
  registerStreamMetrics,
  registerUnitMetrics,
} from '../cutover/index.ts';
import { createEdge, type Edge, type EdgeOptions } from '../edge/index.ts';
import { createFileFlagProvider, registerFlagMetrics } from '../flags/index.ts';
import { createProcessMetrics, silentLog } from '../shared/index.ts';

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string; readonly annotations: object }[];
  }[];
}

const dashboard = JSON.parse(readFileSync('observability/grafana/banyan.json', 'utf8')) as { panels: Panel[] };
const alerts = parse(readFileSync('observability/prometheus/alerts.yaml', 'utf8')) as Rules;
const rules = alerts.groups.flatMap((group) => group.rules);
const panels = dashboard.panels.filter(({ type }) => type !== 'row');

/** Every metric there is, from the registries of the processes themselves, with the names a histogram has. */
async function knownMetrics(): Promise<Set<string>> {
  const text = await registry.metrics();
  const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  const derived = names.flatMap(([, name, type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [],
  );
  return new Set(['up', ...names.map(([, name = '']) => name), ...derived]);
}

function metricsIn(expression: string): string[] {
  return expression.match(/\b(?:banyan|nodejs|process)_[a-z0-9_]+|\bup\b(?=\{)/g) ?? [];
}

const registry = createProcessMetrics();
let edge: Edge;
let known: Set<string>;
beforeAll(async () => {
  const flags = createFileFlagProvider({ path: 'missing.json', log: silentLog });
  registerFlagMetrics(registry, flags);
  registerStreamMetrics(registry, []);
  registerCallerMetrics(registry);
  registerUnitMetrics(registry, () => Promise.resolve([]));
  registerLeaderMetrics(registry, { standing: () => ({ leads: false }) });
  edge = createEdge({ ...optionsOf(flags), registry });
  known = await knownMetrics();
});
afterAll(() => edge.close());

/** An announcement nobody waits for: nothing is sent here. */
const told = { isClear: true, onClear: () => undefined, end: () => undefined };

function optionsOf(flags: EdgeOptions['flags']): Omit<EdgeOptions, 'registry'> {
  return {
    routes: [{ unit: 'trips', kind: 'api', method: 'GET', path: '/trips', access: 'read', entity: 'trip' }],
    legacy: 'http://127.0.0.1:1',
    services: { trips: 'http://127.0.0.1:1' },
    salts: { trips: 'salt' },
    unitState: () => undefined,
    watermarks: { head: () => Promise.resolve({}), isLevel: () => true, isApplied: () => true },
    flags,
    subject: { ways: [] },
    identityKey: 'key',
    exchange: { isLive: () => true, canTell: () => false, announce: () => told, follow: () => undefined },
    log: silentLog,
  };
}

describe('what operators watch', () => {
  it.each(rules.map(({ alert, expr }) => [alert, expr]))('%s asks for metrics there are', (_, expression) => {
    expect(metricsIn(expression).filter((name) => !known.has(name))).toEqual([]);
    expect(metricsIn(expression).length).toBeGreaterThan(0);
  });

  it.each(panels.map(({ title, targets = [] }) => [title, targets] as const))(
    'the panel "%s" shows metrics there are',
    (_, targets) => {
      const asked = targets.flatMap(({ expr }) => metricsIn(expr));
      expect(asked.filter((name) => !known.has(name))).toEqual([]);
      expect(asked.length).toBeGreaterThan(0);
    },
  );

  it('says of every alert what is wrong and what to do', () => {
    for (const { annotations } of rules)
      expect(annotations).toEqual({ summary: expect.any(String), action: expect.any(String) });
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  it('has metrics with the names Prometheus asks for', async () => {
    const types = [...(await registry.metrics()).matchAll(/^# TYPE (banyan_\S+) (\S+)$/gm)];
    expect(types.length).toBeGreaterThan(25);
    for (const [, name = '', type] of types)
      expect([name, type, name.endsWith('_total')]).toEqual([name, type, type === 'counter']);
  });

  it('is described on its page, metric by metric', async () => {
    const page = readFileSync('docs/how-to-watch.md', 'utf8');
    const names = [...(await registry.metrics()).matchAll(/^# TYPE (banyan_\S+) /gm)].map(([, name = '']) => name);
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
    expect(existsSync('observability/prometheus/alerts.test.yaml')).toBe(true);
  });
});
