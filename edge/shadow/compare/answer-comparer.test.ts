import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { bookOf, compare, compareJson, json, rule, typed } from '../testing/answers.fixture.ts';
import { AnswerComparer } from './answer-comparer.ts';
import type { Answer } from './answer.ts';

describe('the comparison of two answers', () => {
  it.each<[string, string, string, string[]]>([
    ['the order of keys', '{"a":1,"b":{"c":2,"d":3}}', '{"b":{"d":3,"c":2},"a":1}', []],
    ['white space', '[{"a": 1}, 2]', '[{"a":1},2]', []],
    ['escapes', '{"\\u0061":"\\u00e9\\/"}', '{"a":"é/"}', []],
    ['a value', '{"fare":"12.50"}', '{"fare":"12.05"}', ['value $.fare']],
    ['a big number', '{"n":12345678901234567890}', '{"n":12345678901234567891}', ['value $.n']],
    ['how a number is written', '{"n":1.0,"m":100}', '{"n":1,"m":1e2}', ['notation $.n', 'notation $.m']],
    ['a type', '{"fare":"12.50"}', '{"fare":12.50}', ['type $.fare']],
    ['null and a value', '{"a":null}', '{"a":1}', ['value $.a']],
    ['null and nothing', '{"a":null}', '{}', ['missing $.a']],
    ['something more', '{}', '{"a":null}', ['extra $.a']],
    ['a key twice', '{"a":1}', '{"a":1,"a":2}', ['duplicate-key $.a']],
    ['keys twice, and in order', '[{"b":1,"c":2},{"a":1,"a":2}]', '[{"c":2,"b":1},{"a":1,"a":2}]', []],
    ['keys twice, elsewhere', '{"x":1,"a":1,"a":2}', '{"a":1,"a":2,"x":1}', []],
    ['keys twice, in another order', '{"x":1,"a":1,"a":2}', '{"a":2,"a":1,"x":1}', ['value $.a']],
    [
      'rows with keys in the same other order',
      '[{"a":1,"b":2},{"a":3,"b":4}]',
      '[{"b":2,"a":1},{"b":4,"a":5}]',
      ['value $[*].a'],
    ],
    ['an object and a list', '{"a":{}}', '{"a":[]}', ['type $.a']],
    ['the root', '[]', '{}', ['type $']],
  ])('sees of fields: %s', (_, control, candidate, expected) => {
    expect(compareJson(control, candidate)).toEqual(expected);
  });

  it.each<[string, string, string, string[]]>([
    ['another order', '[1,2,3]', '[3,1,2]', ['order $']],
    [
      'another order of things with ids',
      '[{"id":1,"a":1},{"id":2,"a":1}]',
      '[{"id":2,"a":1},{"id":1,"a":1}]',
      ['order $'],
    ],
    ['one more in front', '[{"id":2,"a":1}]', '[{"id":1,"a":9},{"id":2,"a":1}]', ['cardinality $']],
    ['a page that begins one later', '[{"id":1},{"id":2}]', '[{"id":2},{"id":3}]', ['missing $[*]', 'extra $[*]']],
    ['fewer, and one changed', '[{"id":1,"a":1},{"id":2}]', '[{"id":1,"a":2}]', ['cardinality $', 'value $[*].a']],
    ['one of many', '[{"a":1},{"a":2}]', '[{"a":1},{"a":3}]', ['value $[*].a']],
    ['fewer without names', '[1,2,3]', '[1,3]', ['cardinality $']],
  ])('sees of lists: %s', (_, control, candidate, expected) => {
    expect(compareJson(control, candidate)).toEqual(expected);
  });

  it('counts all places of one template together', () => {
    const list = (fare: number): Answer => json(JSON.stringify([1, 2, 3].map((id) => ({ id, fare: fare + id }))));
    expect(new AnswerComparer().compare(list(1), list(2)).differences).toMatchObject([{ path: '$[*].fare', count: 3 }]);
  });

  it('names keys that are data {key}', () => {
    const control = '{"byId":{"17":{"a":1},"6f1c9d4e-1111-4222-8333-123456789abc":{"a":1}},"ana@example.com":1}';
    expect(compareJson(control, control.replaceAll(':1', ':2'))).toEqual(['value $.byId.{key}.a', 'value $.{key}']);
  });

  it.each<[string, Answer, Answer, string[]]>([
    ['another outcome', typed('a/b', '1'), typed('a/b', '2', [], 500), ['status-class status']],
    ['another status', typed('a/b', '', [], 200), typed('a/b', '', [], 204), ['status status']],
    ['another place', json('1', ['Location', '/a']), json('1', ['location', '/b']), ['redirect header.location']],
    ['another type', json('1'), typed('text/plain', '1'), ['content-type header.content-type']],
    ['the charset said', json('1'), typed('application/json; charset=UTF-8', '1'), []],
    ['a header', json('1', ['Allow', 'GET']), json('1'), ['header header.allow']],
    ['what nobody acts upon', json('1', ['Date', 'a', 'ETag', '1']), json('1', ['Date', 'b', 'ETag', '2']), []],
    [
      'a session',
      json('1', ['Set-Cookie', 's=1; Path=/; HttpOnly']),
      json('1', ['Set-Cookie', 's=2; httponly; path=/']),
      [],
    ],
    ['a cookie taken away', json('1', ['Set-Cookie', 's=1']), json('1', ['Set-Cookie', 's=']), ['cookie cookie.s']],
    [
      'what an error says',
      typed('application/json', '{"error":"a"}', [], 404),
      typed('application/json', '{"error":"b"}', [], 404),
      ['error-shape $.error'],
    ],
  ])('sees of heads: %s', (_, control, candidate, expected) => {
    expect(compare(control, candidate)).toEqual(expected);
  });

  it.each<[string, Answer, Answer, string[]]>([
    [
      'forms',
      typed('application/x-www-form-urlencoded', 'a=1&b=%C3%A9&c=1&c=2'),
      typed('application/x-www-form-urlencoded', 'b=é&c=1&c=3&a=1'),
      ['value $.c[*]'],
    ],
    [
      'HTML',
      typed('text/html', '<!doctype html><p class=a id="b">x<br> y<p>z'),
      typed('text/html', '<P id="b" class="a">x<br/>y</P><!-- c --><p>&#122;</p>'),
      [],
    ],
    [
      'its texts',
      typed('text/html', '<ul><li>a<li>b</ul>'),
      typed('text/html', '<ul><li>a</li><li>c</li></ul>'),
      ['value $.ul[*].li[*].#text'],
    ],
    [
      'its scripts',
      typed('text/html', '<script>if (a<b) c="</p>"</script><p>x'),
      typed('text/html', '<script>if (a<b) c="</p>"</script><p>y'),
      ['value $.p[*].#text'],
    ],
    [
      'XML',
      typed('text/xml', '<?xml version="1.0"?><a b="1" c="2"><d/></a>'),
      typed('text/xml', "<a c='2' b='1'>\n<d></d></a>"),
      [],
    ],
    ['its order', typed('text/xml', '<a><b/><c/></a>'), typed('text/xml', '<a><c/><b/></a>'), ['value $.a[*].#order']],
    ['XML that is none', typed('text/xml', '<a></a>'), typed('text/xml', '<a><b></a>'), ['malformed body']],
    ['JSON that is none', json('{"a":1}'), json('<html>oops'), ['malformed body']],
    [
      'JSON said to be a page',
      json('{"a":1}'),
      typed('text/html', '{"a":2}'),
      ['content-type header.content-type', 'value $.a'],
    ],
    [
      'a page instead of JSON',
      json('{"a":1}'),
      typed('text/html', '<p>'),
      ['content-type header.content-type', 'malformed body'],
    ],
    ['nothing instead of JSON', json('{"a":1}'), json(''), ['malformed body']],
    [
      'a page in an old charset',
      typed('text/html', Buffer.from('<p>\xe9', 'latin1')),
      typed('text/html', Buffer.from('<p >\xe9', 'latin1')),
      [],
    ],
    [
      'two charsets nobody says',
      typed('text/plain', Buffer.from('\xe9', 'latin1')),
      typed('text/plain', 'é'),
      ['encoding body'],
    ],
    ['texts', typed('text/plain', 'a'), typed('text/plain', 'b'), ['value body']],
    ['bytes', typed('image/png', 'a'), typed('image/png', 'b'), ['value body']],
    [
      'a wrong charset',
      typed('text/plain; charset=utf-8', Buffer.from([0xe9])),
      typed('text/plain; charset=utf-8', 'é'),
      ['encoding body'],
    ],
    [
      'another charset',
      typed('text/plain; charset=iso-8859-1', Buffer.from([0xe9])),
      typed('text/plain', 'é'),
      ['content-type header.content-type'],
    ],
    ['a mark at the front', json('\ufeff{"a":1}'), json('{"a":1}'), []],
    [
      'no type at all',
      { status: 200, headers: [], body: Buffer.from('{"a":1}') },
      { status: 200, headers: [], body: Buffer.from('{"a":2}') },
      ['value $.a'],
    ],
  ])('sees of bodies: %s', (_, control, candidate, expected) => {
    expect(compare(control, candidate)).toEqual(expected);
  });

  it('undoes content codings', () => {
    const text = '{"a":[1,2,3]}';
    const coded = (coding: string, body: Buffer): Answer =>
      typed('application/json', body, ['Content-Encoding', coding]);
    for (const answer of [
      coded('gzip', gzipSync(text)),
      coded('br', brotliCompressSync(text)),
      coded('deflate', deflateSync(text)),
      coded('deflate', deflateRawSync(text)),
      coded('zstd', zstdCompressSync(text)),
      coded('gzip, br', brotliCompressSync(gzipSync(text))),
    ])
      expect(compare(json(text), answer)).toEqual([]);
    expect(compare(json(text), coded('gzip', Buffer.from(text)))).toEqual(['encoding body']);
    expect(compare(json(text), coded('lzma', Buffer.from(text)))).toEqual(['encoding body']);
  });

  it('does not unpack a bomb', () => {
    const bomb = typed('text/plain', gzipSync(Buffer.alloc(50_000_000)), ['Content-Encoding', 'gzip']);
    expect(compare(typed('text/plain', 'a'), bomb)).toEqual(['too-large body']);
  });

  it('finds nothing in equal answers of any kind, also where a rule wants to see all of them', () => {
    const rules = bookOf(rule('$..id', { rule: 'id-map', space: 'trip' }));
    for (const answer of [
      json('{"id":1}'),
      json('oops'),
      typed('text/plain', 'a'),
      typed('text/xml', '<a>'),
      typed('x/y', 'b'),
    ])
      expect(compare(answer, answer, { rules })).toEqual([]);
  });

  it('lists no more than the limit, and says so', () => {
    const object = (value: number): Answer =>
      json(JSON.stringify(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`field${i}`, value]))));
    const { differences, isCut } = new AnswerComparer().compare(object(1), object(2));
    expect([differences.length, isCut]).toEqual([50, true]);
  });

  it('invariant 10: shows no value, however it is printed', () => {
    const result = new AnswerComparer().compare(json('{"name":"Ana Lopez"}'), json('{"name":"Jo Smith"}'));
    expect(JSON.stringify(result)).toContain('"control":{"kind":"string","length":9}');
    expect(`${JSON.stringify(result)}${inspect(result, { depth: 9, showHidden: true })}`).not.toMatch(/Ana|Smith/);
  });

  it('finds nothing between values that differ in the order of keys only', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(compareJson(JSON.stringify(value), JSON.stringify(reversed(value)))).toEqual([]);
      }),
    );
  });

  it('finds something between any two values that are not equal, whichever is control', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [there, back] = [compareJson(text(a), text(b)), compareJson(text(b), text(a))];
        expect(there.length === 0).toBe(text(a) === text(b) || isEqual(a, b));
        expect(back.map(mirrored).toSorted()).toEqual(there.toSorted());
      }),
    );
  });

  it.each<[string, string, string]>([
    ['text/html', '<!--', '<!-- '],
    ['text/html', '<a "', "<a '"],
    ['text/html', '<script>', '<SCRIPT>'],
    ['text/html', '<div>', '<div >'],
    ['text/html', '<a ', '<a  b '],
    ['text/html', '<a b =', '<a b ='],
    ['text/xml', '<![CDATA[', '<a>'],
    ['application/json', '[', '{"a":'],
    ['application/x-www-form-urlencoded', 'a&', 'a=&'],
  ])('reads %s in one go, however often %s begins and never ends', (type, one, other) => {
    const [left, right] = [one, other].map((text) => typed(type, text.repeat(150_000)));
    if (!left || !right) throw new Error('two answers');
    expect(Array.isArray(compare(left, right))).toBe(true);
  });

  it.each<[string, (i: number) => string, (i: number) => string]>([
    ['keys that only one side has', (i) => `"a${i}":1`, (i) => `"b${i}":1`],
    ['keys in another order', (i) => `"a${i}":1`, (i) => `"a${29_999 - i}":1`],
    ['keys that come twice', () => '"a":1', (i) => `"a":${i}`],
  ])('finds its way among thirty thousand %s', (_, left, right) => {
    const text = (member: (i: number) => string): string =>
      `{${Array.from({ length: 30_000 }, (_key, i) => member(i)).join(',')}}`;
    expect(Array.isArray(compareJson(text(left), text(right)))).toBe(true);
  });

  it('never throws, whatever the bytes are and are said to be', () => {
    const types = ['application/json', 'text/html', 'text/xml', 'application/x-www-form-urlencoded', 'x', 'text/plain'];
    const answer = fc
      .tuple(fc.constantFrom(...types), fc.constantFrom('', ';charset=utf-16', ';charset=none'), noise(), coding())
      .map(([type, charset, body, code]) => typed(type + charset, body, ['Content-Encoding', code]));
    fc.assert(
      fc.property(answer, answer, (a, b) => {
        expect(compare(a, a)).toEqual([]);
        expect(Array.isArray(compare(a, b))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

function noise(): fc.Arbitrary<Buffer> {
  const markup = fc.array(
    fc.constantFrom('<', '>', '/', 'a', 'p', ' ', '=', '"', '&', '!--', '-->', '<![CDATA[', '{', '1'),
  );
  const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
  return fc.oneof(
    bytes,
    markup.map((parts) => Buffer.from(parts.join(''))),
    fc.json().map((one) => Buffer.from(one)),
  );
}

function coding(): fc.Arbitrary<string> {
  return fc.constantFrom('identity', 'identity', 'gzip', 'br', 'deflate', 'zstd', 'nonsense');
}

/** -0 is 0 in JSON. */
function text(value: unknown): string {
  return JSON.stringify(value);
}

function isEqual(a: unknown, b: unknown): boolean {
  return text(sorted(a)) === text(sorted(b));
}

function sorted(value: unknown): unknown {
  return rebuilt(value, (entries) => entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function reversed(value: unknown): unknown {
  return rebuilt(value, (entries) => entries.toReversed());
}

type Entries = [string, unknown][];

function rebuilt(value: unknown, arrange: (entries: Entries) => Entries): unknown {
  if (Array.isArray(value)) return value.map((one) => rebuilt(one, arrange));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]): [string, unknown] => [key, rebuilt(one, arrange)]);
  return Object.fromEntries(arrange(entries));
}

function mirrored(line: string): string {
  if (line.startsWith('missing ')) return line.replace('missing', 'extra');
  return line.startsWith('extra ') ? line.replace('extra', 'missing') : line;
}
