import { describe, expect, it } from '@jest/globals';
import { HeaderLines } from '../hygiene/header-lines.ts';
import { conditionsFor, sideOfRange } from './conditions.ts';
import { withMarkedTag } from './entity-tag.ts';

describe('the entity tag of an answer of the service', () => {
  it.each([
    ['"abc"', '"abc~banyan"'],
    ['W/"abc"', 'W/"abc~banyan"'],
    ['""', '"~banyan"'],
    ['no tag', 'no tag'],
  ])('%s becomes %s', (tag, marked) => {
    expect(withMarkedTag(headers({ ETag: tag })).value('etag')).toBe(marked);
  });
});

describe('the conditions of a request', () => {
  it.each<[string, Record<string, string>, Record<string, string>, Record<string, string>]>([
    [
      'show each side its own tags only',
      { 'if-none-match': 'W/"a", "b~banyan", W/"c~banyan"' },
      { 'if-none-match': 'W/"a"' },
      { 'if-none-match': '"b", W/"c"' },
    ],
    [
      'are gone when none is left, the date behind them too',
      { 'if-none-match': '"a~banyan"', 'if-modified-since': 'Tue' },
      {},
      { 'if-none-match': '"a"', 'if-modified-since': 'Tue' },
    ],
    ['stay when they name any', { 'if-none-match': '*' }, { 'if-none-match': '*' }, { 'if-none-match': '*' }],
    [
      'stay when they are dates',
      { 'if-modified-since': 'Tue' },
      { 'if-modified-since': 'Tue' },
      { 'if-modified-since': 'Tue' },
    ],
    [
      'of a change keep every tag, as who gave it knows it',
      { 'if-match': '"a", "b~banyan"' },
      { 'if-match': '"a", "b"' },
      { 'if-match': '"a", "b"' },
    ],
    [
      'ask the other side for the whole, not for a part of what it did not begin',
      { range: 'bytes=5-', 'if-range': '"a~banyan"' },
      {},
      { range: 'bytes=5-', 'if-range': '"a"' },
    ],
    [
      'go on with legacy under its own tag',
      { range: 'bytes=5-', 'if-range': '"a"' },
      { range: 'bytes=5-', 'if-range': '"a"' },
      {},
    ],
    [
      'leave a range under a date alone while nobody knows who began',
      { range: 'bytes=5-', 'if-range': 'Tue' },
      { range: 'bytes=5-', 'if-range': 'Tue' },
      { range: 'bytes=5-', 'if-range': 'Tue' },
    ],
  ])('%s', (_, given, atLegacy, atService) => {
    const seen = (target: 'legacy' | 'service'): unknown =>
      toObject(conditionsFor(headers(given), target, sideOfRange(headers(given))));
    expect([seen('legacy'), seen('service')]).toEqual([atLegacy, atService]);
  });

  it('start a stream anew at the side that did not begin it', () => {
    const given = headers({ 'last-event-id': '7', accept: 'text/event-stream' });
    expect(toObject(conditionsFor(given, 'legacy', 'service'))).toEqual({ accept: 'text/event-stream' });
    expect(conditionsFor(given, 'service', 'service').value('last-event-id')).toBe('7');
  });
});

function headers(given: Record<string, string>): HeaderLines {
  return HeaderLines.ofList(Object.entries(given).flat());
}

function toObject({ list }: HeaderLines): Record<string, string> {
  return Object.fromEntries(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1] ?? '']] : [])));
}
