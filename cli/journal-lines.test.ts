import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashOf } from '../cutover/index.ts';
import { checkJournal } from './journal-lines.ts';

const contents = {
  id: 1,
  unit: 'trips',
  epoch: 2,
  at: '2026-11-21 08:00:00.000',
  who: 'ada',
  action: 'stage-shadow',
  reason: 'x',
  before: null,
  after: null,
  detail: null,
  evidence: [],
  previousHash: '0'.repeat(64),
};
const hash = hashOf(contents);
const path = join(mkdtempSync(join(tmpdir(), 'journal-')), 'export.jsonl');

function keep(...lines: object[]): void {
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

describe('an export', () => {
  it('is checked without the database it came from', async () => {
    keep({ ...contents, hash }, { end: { id: 1, hash } });
    expect(await checkJournal(path, `1:${hash}`)).toEqual({ holds: true, lines: 1, last: { id: 1, hash } });
  });

  it('that was changed or cut off does not hold', async () => {
    writeFileSync(path, readFileSync(path, 'utf8').replace('"ada"', '"eve"'));
    expect(await checkJournal(path)).toMatchObject({ holds: false, id: 1, what: 'changed' });
    keep({ ...contents, hash });
    expect(await checkJournal(path)).toMatchObject({ holds: false, id: 1, what: 'cut-off' });
  });

  it('that is no export, and an expectation that is none, are wrong usage', async () => {
    writeFileSync(path, 'journal\n');
    await expect(checkJournal(path)).rejects.toMatchObject({ code: 'CLI_USAGE' });
    await expect(checkJournal(path, '1:abc')).rejects.toThrow('expected <id>:<hash>');
  });
});
