import { describe, expect, it } from '@jest/globals';
import { readSettings, type Setting } from './settings.ts';

const table = {
  PORT: { type: 'number', default: 80, help: 'where to listen' },
  TARGET_URL: { type: 'url', help: 'where to send' },
  KEY: { type: 'secret', minLength: 8, help: 'signs things' },
  VERBOSE: { type: 'boolean', default: false, help: 'says more' },
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
    expect(settings).toEqual({ PORT: 80, TARGET_URL: 'http://a', KEY: 'long enough', VERBOSE: true });
  });

  it('names every problem at once, with the value and what was expected', () => {
    const message = problemsOf({ PORT: 'eighty', VERBOSE: 'maybe' });
    for (const part of ['PORT is "eighty"', 'TARGET_URL is empty', 'KEY is empty', 'VERBOSE is "maybe"'])
      expect(message).toContain(part);
  });

  it('invariant 10: never shows a secret, not even one it refuses', () => {
    expect(problemsOf({ TARGET_URL: 'http://a', KEY: 'hunter2' })).toContain('KEY is not usable');
    expect(problemsOf({ TARGET_URL: 'http://a', KEY: 'hunter2' })).not.toContain('hunter2');
  });
});
