import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { AnswerComparer } from '../compare/answer-comparer.ts';
import type { Comparison } from '../compare/difference.ts';
import { bookOf, compare, compareJson, json, rule, TODAY, told, typed } from '../testing/answers.fixture.ts';
import { parseFieldPath } from './field-path.ts';
import { readTime } from './read-time.ts';
import type { ComparisonRule } from './rule.ts';
import { RuleBook } from './rule-book.ts';
import { mergeUses, ruleStandings, withIgnored } from './rule-use.ts';
import { RouteComparers } from '../run/route-comparers.ts';

describe('the rules of a comparison', () => {
  it.each<[string, ComparisonRule, string, string, string[]]>([
    ['drop a field', rule('$.at', { rule: 'drop' }), '{"at":1,"b":1}', '{"b":1}', []],
    ['drop it anywhere', rule('$..at', { rule: 'drop' }), '[{"at":1,"in":{"at":2}}]', '[{"at":3,"in":{}}]', []],
    ['drop a field of any member', rule('$.*.at', { rule: 'drop' }), '{"a":{"at":1}}', '{"a":{"at":2}}', []],
    ['and nothing beside it', rule('$.at', { rule: 'drop' }), '{"in":{"at":1}}', '{"in":{"at":2}}', ['value $.in.at']],
    ['compare types only', rule('$.a', { rule: 'type-only' }), '{"a":"x"}', '{"a":"y"}', []],
    ['still compare types', rule('$.a', { rule: 'type-only' }), '{"a":"x"}', '{"a":1}', ['type $.a']],
    ['take null for nothing', rule('$[*].a', { rule: 'null-is-missing' }), '[{"a":null},{}]', '[{},{"a":null}]', []],
    ['ignore case', rule('$.a', { rule: 'lower-case' }), '{"a":"New"}', '{"a":"NEW"}', []],
    ['ignore white space', rule('$.a', { rule: 'whitespace' }), '{"a":" a  b"}', '{"a":"a\\nb"}', []],
    ['mask', rule('$.a', { rule: 'mask', pattern: '\\d+' }), '{"a":"v1 of 22"}', '{"a":"v333 of 4"}', []],
    [
      'mask no more than that',
      rule('$.a', { rule: 'mask', pattern: '\\d+' }),
      '{"a":"v1"}',
      '{"a":"w1"}',
      ['value $.a'],
    ],
    ['round', rule('$.a', { rule: 'round', digits: 2 }), '{"a":0.333333}', '{"a":0.3333}', []],
    ['round no more than that', rule('$.a', { rule: 'round', digits: 2 }), '{"a":0.33}', '{"a":0.34}', ['value $.a']],
    ['allow a distance', rule('$.a', { rule: 'tolerance', by: 0.1 }), '{"a":1.1}', '{"a":1.2}', []],
    ['allow no more than that', rule('$.a', { rule: 'tolerance', by: 0.1 }), '{"a":1.1}', '{"a":1.21}', ['value $.a']],
    [
      'allow a time',
      rule('$.t', { rule: 'time', toleranceMs: 1000 }),
      '{"t":"2026-01-01T00:00:00Z"}',
      '{"t":"2026-01-01 01:00:00.9+01:00"}',
      [],
    ],
    [
      'allow no time zone',
      rule('$.t', { rule: 'time', toleranceMs: 1000 }),
      '{"t":"2026-01-01T00:00:00Z"}',
      '{"t":"2026-01-01T00:00:00+01:00"}',
      ['value $.t'],
    ],
    [
      'align by a key',
      rule('$', { rule: 'by-key', key: 'k' }),
      '[{"k":1,"a":1},{"k":2,"a":2}]',
      '[{"k":2,"a":3},{"k":1,"a":1}]',
      ['value $[*].a'],
    ],
    ['ignore the order', rule('$', { rule: 'multiset' }), '[3,1,1,2]', '[1,2,3,1]', []],
    ['count what comes twice', rule('$', { rule: 'multiset' }), '[1,1,2]', '[1,2,2]', ['value $[*]']],
    [
      'map ids',
      rule('$..id', { rule: 'id-map', space: 'trip' }),
      '[{"id":1},{"id":2},{"id":1}]',
      '[{"id":7},{"id":8},{"id":7}]',
      [],
    ],
    ['map ids one to one', rule('$[*]', { rule: 'id-map', space: 'trip' }), '[1,2,1]', '[7,8,8]', ['value $[*]']],
    [
      'map ids that happen to be the same',
      rule('$[*]', { rule: 'id-map', space: 'trip' }),
      '[1,2,1]',
      '[1,3,2]',
      ['value $[*]'],
    ],
    [
      'read JSON in a string',
      rule('$.p', { rule: 'nested', as: 'json' }),
      '{"p":"{\\"a\\":1,\\"b\\":2}"}',
      '{"p":"{\\"b\\":3,\\"a\\":1}"}',
      ['value $.p.$.b'],
    ],
    ['name the keys of a map', rule('$.m', { rule: 'map' }), '{"m":{"ana":1}}', '{"m":{"ana":2}}', ['value $.m.{key}']],
  ])('%s', (_, one, control, candidate, expected) => {
    expect(compareJson(control, candidate, one)).toEqual(expected);
  });

  it('read JSON in base64', () => {
    const packed = (value: object): string => `{"p":"${Buffer.from(JSON.stringify(value)).toString('base64')}"}`;
    const nested = rule('$.p', { rule: 'nested', as: 'base64-json' });
    expect(compareJson(packed({ a: 1, b: 2 }), packed({ b: 3, a: 1 }), nested)).toEqual(['value $.p.$.b']);
    expect(compareJson(packed({ a: 1 }), packed({ a: 2 }), nested, rule('$.p.$.a', { rule: 'drop' }))).toEqual([]);
  });

  it('work one after the other', () => {
    const rules = [rule('$.a', { rule: 'lower-case' }), rule('$.a', { rule: 'mask', pattern: 'x' })];
    expect(compareJson('{"a":"X1"}', '{"a":"x1"}', ...rules)).toEqual([]);
    expect(compareJson('{"a":"BxxB"}', '{"a":"bXXb"}', ...rules)).toEqual([]);
  });

  it('hold inside lists without order', () => {
    const rules = [rule('$', { rule: 'multiset' }), rule('$[*].at', { rule: 'drop' })];
    expect(compareJson('[{"a":1,"at":1},{"a":2,"at":2}]', '[{"a":2,"at":3},{"a":1,"at":4}]', ...rules)).toEqual([]);
  });

  it('hold outside bodies', () => {
    const [there, here] = [json('1', ['Location', 'http://a/x?7']), json('1', ['Location', 'http://a/x?8'])];
    const masked = rule('header.location', { rule: 'mask', pattern: '\\d+$' });
    expect(compare(there, here, { rules: bookOf(masked) })).toEqual([]);
    const spaced = rule('body', { rule: 'whitespace' });
    const text = (body: string) => typed('text/plain', body);
    expect(compare(text('a  b'), text('a b\n'), { rules: bookOf(spaced) })).toEqual([]);
  });

  it('say how bad a difference is', () => {
    const rules = bookOf(rule('$.a', { rule: 'severity', severity: 'minor', class: 'value' }));
    const severities = (candidate: string): string[] =>
      new AnswerComparer({ rules }).compare(json('{"a":1}'), json(candidate)).differences.map((one) => one.severity);
    expect([severities('{"a":2}'), severities('{"a":"1"}')]).toEqual([['minor'], ['blocker']]);
  });

  it('are counted where they forgive, with their place', () => {
    const rules = bookOf(rule('$..b', { rule: 'drop' }), rule('$..a', { rule: 'drop' }));
    const { ignored } = new AnswerComparer({ rules }).compare(json('[{"a":1},{"a":1}]'), json('[{"a":2},{"a":2}]'));
    expect(ignored).toEqual([{ rule: 1, path: '$[*].a', count: 2 }]);
  });

  it('hold for their route, and until their last day is over', () => {
    const rules = [
      rule('$.a', { rule: 'drop' }, { route: 'GET /api/users' }),
      rule('$.b', { rule: 'drop' }, { expires: '2026-06-01' }),
      rule('$.c', { rule: 'drop' }, { expires: '2026-05-31' }),
    ];
    const book = new RuleBook(rules, { route: 'GET /api/trips', nowMs: TODAY });
    expect(compare(json('{"a":1,"b":1,"c":1}'), json('{"a":2,"b":2,"c":2}'), { rules: book })).toEqual([
      'value $.a',
      'value $.c',
    ]);
    expect(book.expired.map(({ index }) => index)).toEqual([2]);
    expect(book.expiresAtMs).toBe(Date.parse('2026-06-02'));
  });

  it('forgive the order of any list without order', () => {
    const values = fc.array(fc.jsonValue(), { maxLength: 8 });
    const shuffled = values.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(compareJson(JSON.stringify(list), JSON.stringify(other), rule('$', { rule: 'multiset' }))).toEqual([]);
      }),
    );
  });
});

describe('what rules were good for', () => {
  const over = { expires: '2026-05-31' };
  const rules = ['$..a', '$.b', '$.c'].map((path, i) => rule(path, { rule: 'drop' }, i === 2 ? over : {}));
  const ignored = (paths: string[]): Pick<Comparison, 'ignored'> => ({
    ignored: paths.map((path) => ({ rule: 0, path, count: 2 })),
  });

  it('tells rules that are used from those that are not, and those that are over', () => {
    const uses = [ignored(['$.a', '$.b.a']), ignored([]), ignored(['$.a'])].reduce(withIgnored, {});
    const [a, b, c] = ruleStandings(rules, uses, { samples: 1000, nowMs: TODAY });
    expect(a).toMatchObject({ state: 'used', samples: 2, places: 6, paths: ['$.a', '$.b.a'], daysLeft: 213 });
    expect(b).toMatchObject({ state: 'unused', samples: 0, places: 0 });
    expect(c).toMatchObject({ state: 'expired', daysLeft: 0 });
    expect(ruleStandings(rules, {}, { samples: 999, nowMs: TODAY })[1]?.state).toBe('used');
  });

  it('tells a rule that forgives nearly everything, and keeps no more paths than it takes to tell', () => {
    const uses = Array.from({ length: 50 }, (_, i) => ignored([`$.f${i}.a`])).reduce(withIgnored, {});
    const [standing] = ruleStandings(rules, mergeUses(uses, uses), { samples: 50, nowMs: TODAY });
    expect(standing).toMatchObject({ state: 'too-wide', samples: 100 });
    expect(standing?.paths).toHaveLength(21);
  });
});

it('drops a rule from the comparison when its last day is over, in a process that goes on', () => {
  const comparers = new RouteComparers();
  comparers.use({ rules: [rule('$.a', { rule: 'drop' }, { expires: '2026-05-31' })] });
  const tell = (now: string): string[] =>
    told(comparers.of('GET /api/trips', Date.parse(now)).compare(json('{"a":1}'), json('{"a":2}')));
  expect(tell('2026-05-31T23:59:59Z')).toEqual([]);
  expect(tell('2026-06-01T00:00:00Z')).toEqual(['value $.a']);
});

it('compares the headers that are named instead of the usual ones', () => {
  const comparers = new RouteComparers();
  comparers.use({ headers: ['x-total'] });
  const [one, other] = [json('1', ['X-Total', '1', 'Location', '/a']), json('1', ['X-Total', '2', 'Location', '/b'])];
  expect(told(comparers.of('GET /', 0).compare(one, other))).toEqual(['header header.x-total']);
});

describe('the path of a rule', () => {
  it.each([
    ['$', []],
    ['$.a[*].b', [{ name: 'a' }, 'each', { name: 'b' }]],
    ['$..at', ['deep', { name: 'at' }]],
    ['$.m.{key}.a', [{ name: 'm' }, 'any', { name: 'a' }]],
    ['$.p.$.*', [{ name: 'p' }, { name: '$' }, 'any']],
    ['$["a.b"].@c', [{ name: 'a.b' }, { name: '@c' }]],
  ])('%s', (path, steps) => expect(parseFieldPath(path)).toEqual(steps));

  it.each(['a', '$a', '$.', '$..', '$.a[0]', '$.a[', '$.a.', '$[a]'])('is not %s', (path) => {
    expect(parseFieldPath(path)).toBeUndefined();
  });
});

it('reads a time however it is written', () => {
  const at = Date.parse('2026-11-21T08:00:00Z');
  const texts = [
    '2026-11-21T08:00:00Z',
    '2026-11-21 08:00:00',
    'Sat, 21 Nov 2026 08:00:00 GMT',
    `${at}`,
    `${at / 1000}`,
  ];
  expect(texts.map(readTime)).toEqual(texts.map(() => at));
  expect(['', 'soon', '{}'].map(readTime)).toEqual([undefined, undefined, undefined]);
});
