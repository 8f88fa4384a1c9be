import { describe, expect, it } from '@jest/globals';
import { RouteTally, type ComparisonRule, type Difference, Evidence, type RouteCounts } from '../../edge/index.ts';
import { planWithRule } from './add-rule.ts';
import { rejudge } from './rejudge.ts';

const facts = { owner: 'rides', reason: 'known', expires: '2126-01-31' };
const rule = (path: string, more: object): ComparisonRule => ({ path, ...facts, ...more }) as ComparisonRule;

describe('judging a run again by other rules', () => {
  const counts = countsOf(['value', '$.trips[*].fare'], ['order', '$.trips'], ['value', '$.byId.{key}.at']);

  it('takes out what a rule forgives, at the place or above it', () => {
    const all = 'order $.trips\nvalue $.byId.{key}.at\nvalue $.trips[*].fare';
    expect(rejudge(counts, [], 0).counts.mismatches).toEqual({ [all]: 3 });
    const { counts: left, undecided } = rejudge(
      counts,
      [rule('$.byId', { rule: 'drop' }), rule('$.trips', { rule: 'multiset' })],
      0,
    );
    expect(left.mismatches).toEqual({ 'value $.trips[*].fare': 3 });
    expect(left.fields.map(({ path }) => path)).toEqual(['$.trips[*].fare']);
    expect(undecided).toEqual([]);
  });

  it('leaves what only values can tell, and says so', () => {
    const { counts: left, undecided } = rejudge(counts, [rule('$..fare', { rule: 'round', digits: 1 })], 0);
    expect(Object.keys(left.mismatches)).toEqual(Object.keys(counts.mismatches));
    expect(undecided).toEqual(['$.trips[*].fare']);
  });

  it('makes minor what a rule calls minor, and minds neither rules that are over nor those of other routes', () => {
    const minor = { rule: 'severity', severity: 'minor' };
    const others = [
      rule('$.trips', { ...minor, expires: '2000-01-01' }),
      rule('$.byId', { rule: 'drop', route: 'GET /elsewhere' }),
    ];
    const { counts: left } = rejudge(counts, [rule('$.trips[*].fare', minor), ...others], Date.parse('2026-01-01'));
    expect(left.mismatches).toEqual({ 'order $.trips\nvalue $.byId.{key}.at': 3 });
    expect(left.fields.find(({ path }) => path.endsWith('fare'))?.severity).toBe('minor');
  });
});

describe('a rule that is added to a plan', () => {
  const added = rule('$.requestId', { rule: 'type-only' });
  it.each([
    ['without any', '# the first unit\nunit: trips # moves\ngates: {}\n'],
    ['beside headers', 'unit: trips # moves\ncomparison:\n  headers: [etag] # both have it\n'],
    ['behind others', 'unit: trips # moves\ncomparison:\n  rules:\n    # as agreed\n    - { rule: drop, path: $.x }\n'],
  ])('stands at the end of the list, %s, and every comment stays', (_, text) => {
    const changed = planWithRule(text, added);
    for (const comment of text.match(/#.*/g) ?? []) expect(changed).toContain(comment);
    expect(changed).toMatch(/- path: \$\.requestId\n(.*\n)*.*rule: type-only/);
  });
});

function countsOf(...found: [Difference['class'], string][]): RouteCounts {
  const tally = new RouteTally('GET /api/trips', Buffer.alloc(32));
  const one = (kind: Difference['class'], path: string): Difference => {
    return {
      path,
      class: kind,
      severity: 'major',
      count: 1,
      control: new Evidence('list'),
      candidate: new Evidence('list'),
    };
  };
  const candidate = { differences: found.map(([kind, path]) => one(kind, path)), ignored: [], isCut: false };
  for (let i = 0; i < 3; i++)
    tally.add({ atMs: i, subject: 's', question: `${i}`, shape: '', candidate, control: undefined });
  return tally.counts();
}
