import { describe, expect, it } from '@jest/globals';
import { findMappingLines } from './mapping-lines.ts';

const folder = 'migrations/trips';

describe('findMappingLines', () => {
  it('finds the lines that name a column as a whole word', () => {
    const lines = findMappingLines(folder, ['surge']);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.every(({ text }) => /\bsurge\b/.test(text))).toBe(true);
    expect(lines.every(({ file, line }) => file.startsWith(folder) && line > 0)).toBe(true);
  });

  it('finds nothing for a column the mapping leaves alone', () => {
    expect(findMappingLines(folder, ['no_such_column'])).toEqual([]);
    expect(findMappingLines(folder, [])).toEqual([]);
  });
});
