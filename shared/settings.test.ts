import { describe, expect, it } from '@jest/globals';
import { readPairs, readSettings, type Setting } from './settings.ts';

const table = {
  PORT: { type: 'number', default: 80, help: 'where to listen' },
  TARGET_URL: { type: 'url', help: 'where to send' },
  KEY: { type: 'secret', minLength: 8, help: 'signs things' },
  VERBOSE: { type: 'boolean', default: false, help: 'says more' },
  SHARE: { type: 'ratio', default: 1, help: 'how many' },
  FORM: { type: 'choice', oneOf: ['a', 'b'], default: 'a', help: 'a or b' },
  PARTS: { type: 'choices', oneOf: ['a', 'b'], default: '', help: 'a and b' },
  RATE: { type: 'string', pattern: /^\d+\/\d+$/, default: '', help: 'how often' },
  HEADERS: { type: 'pairs', isSecret: true, default: '', help: 'name=value' },
} as const satisfies Record<string, Setting>;

function problemsOf(env: Record<string, string>): string {
  try {
    readSettings(table, env);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe('readSettings', () => {
  it('fills defaults in and gives each value its type', () => {
    const settings = readSettings(table, { TARGET_URL: 'http://a', KEY: 'long enough', VERBOSE: 'true' });
    const rest = { SHARE: 1, FORM: 'a', PARTS: '', RATE: '', HEADERS: '' };
    expect(settings).toEqual({ PORT: 80, TARGET_URL: 'http://a', KEY: 'long enough', VERBOSE: true, ...rest });
  });

  it.each([
    ['SHARE', ['0', '0.25', '1'], ['-0.1', '1.01', 'half']],
    ['FORM', ['a', 'b'], ['c', 'a,b', 'A']],
    ['PARTS', ['a', 'b, a'], ['c', 'a,c']],
    ['RATE', ['1/2'], ['1', '1/2/3']],
    ['HEADERS', ['a=1', 'a=1, b = c=d', 'a='], ['a', '=1', 'a=1,b']],
  ])('takes %s for %j, and not for %j', (name, good, bad) => {
    for (const value of good)
      expect(problemsOf({ TARGET_URL: 'http://a', KEY: 'long enough', [name]: value })).toBe('');
    for (const value of bad)
      expect(problemsOf({ TARGET_URL: 'http://a', KEY: 'long enough', [name]: value })).toContain(`${name} is `);
  });

  it('reads pairs as OpenTelemetry writes them', () => {
    expect(readPairs('a=1, b = c=d ,')).toEqual({ a: '1', b: 'c=d' });
    expect(readPairs('a')).toBeUndefined();
  });

  it('names every problem at once, with the value and what was expected', () => {
    const message = problemsOf({ PORT: 'eighty', VERBOSE: 'maybe' });
    for (const part of ['PORT is "eighty"', 'TARGET_URL is empty', 'KEY is empty', 'VERBOSE is "maybe"'])
      expect(message).toContain(part);
  });

  it('invariant 10: never shows a secret, not even one it refuses', () => {
    expect(problemsOf({ TARGET_URL: 'http://a', KEY: 'hunter2' })).toContain('KEY is not usable');
    expect(problemsOf({ TARGET_URL: 'http://a', KEY: 'hunter2', HEADERS: 'hunter2' })).not.toContain('hunter2');
  });
});
