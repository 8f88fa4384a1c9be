import { describe, expect, it } from '@jest/globals';
import { HeaderLines } from './header-lines.ts';

const TEXT = 'Host: f\r\nX-A:1 \r\nX-A: \t2\r\n';
const LIST = ['Host', 'f', 'X-A', '1', 'X-A', '2'];

describe('header lines', () => {
  it('are cut into names and values without the white space around these', () => {
    expect(HeaderLines.ofText(TEXT).list).toEqual(LIST);
    expect(HeaderLines.ofText('').list).toEqual([]);
  });

  it('are put together in their order', () => {
    expect(HeaderLines.ofList(LIST).text).toBe('Host: f\r\nX-A: 1\r\nX-A: 2\r\n');
  });

  it('stay as they came when one is added', () => {
    const lines = HeaderLines.ofText(TEXT);
    expect(lines.and('X-B', '3').text).toBe(`${TEXT}X-B: 3\r\n`);
    expect(lines.andText('X-C: 4\r\n').text).toBe(`${TEXT}X-C: 4\r\n`);
    expect(HeaderLines.ofList(LIST).and('X-B', '3').list).toEqual([...LIST, 'X-B', '3']);
    expect(lines.text).toBe(TEXT);
  });

  it.each([
    HeaderLines.ofText('Host: a\r\nX-Key-2: no\r\nx-KEY:  one \r\nX-Key: two\r\n'),
    HeaderLines.ofList(['Host', 'a', 'X-Key-2', 'no', 'x-KEY', 'one', 'X-Key', 'two']),
  ])('tell the first value of a name, however it is spelt', (headers) => {
    expect([headers.value('x-key'), headers.value('host'), headers.value('key')]).toEqual(['one', 'a', undefined]);
  });
});
