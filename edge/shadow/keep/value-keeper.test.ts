import { describe, expect, it } from '@jest/globals';
import { AnswerComparer } from '../compare/answer-comparer.ts';
import type { Difference } from '../compare/difference.ts';
import { json } from '../testing/answers.fixture.ts';
import { openValue, sealValue } from './sealed-value.ts';
import { ValueKeeper } from './value-keeper.ts';

const NOW = 1_000_000;
const DAY_MS = 86_400_000;
const hashKey = Buffer.alloc(32, 1);
const key = Buffer.alloc(32, 2);

describe('what is kept of a difference', () => {
  it('invariant 10: is where and of what kind, by default', () => {
    const kept = new ValueKeeper().keep(nameDiffers(), NOW);
    expect(kept).toEqual({
      path: '$.name',
      class: 'value',
      severity: 'major',
      count: 1,
      control: { kind: 'string', length: 9 },
      candidate: { kind: 'string', length: 8 },
    });
  });

  it('says with a key which values are the same, and not what they are', () => {
    const keep = (hash: Buffer, control?: string): string | undefined =>
      new ValueKeeper({ hashKey: hash }).keep(nameDiffers(control), NOW).control.hash;
    expect(keep(hashKey)).toMatch(/^[\w-]{22}$/);
    expect(keep(hashKey)).toBe(keep(hashKey));
    expect(keep(hashKey, 'Ana Lopes')).not.toBe(keep(hashKey));
    expect(keep(key)).not.toBe(keep(hashKey));
  });

  it('has values only of paths that opt in, sealed, for their time', () => {
    const keeper = new ValueKeeper({ open: { paths: new Set(['$.name']), key, lifeMs: DAY_MS } });
    const { sealed } = keeper.keep(nameDiffers(), NOW).control;
    if (!sealed) throw new Error('nothing was sealed');
    expect(JSON.stringify(sealed)).not.toContain('Ana');
    expect(openValue(sealed, '$.name', key, NOW)?.toString()).toBe('Ana Lopez');
    expect(openValue(sealed, '$.name', key, NOW + DAY_MS)).toBeUndefined();
    const other = new ValueKeeper({ open: { paths: new Set(['$.other']), key, lifeMs: DAY_MS } });
    expect(other.keep(nameDiffers(), NOW).control.sealed).toBeUndefined();
  });

  it('opens with its own key, path and life only, and unchanged', () => {
    const sealed = sealValue(Buffer.from('Ana'), { path: '$.a', expiresAtMs: NOW + 1 }, key, Buffer.alloc(12, 3));
    expect(openValue(sealed, '$.a', key, NOW)?.toString()).toBe('Ana');
    expect(openValue(sealed, '$.b', key, NOW)).toBeUndefined();
    expect(openValue(sealed, '$.a', hashKey, NOW)).toBeUndefined();
    expect(openValue({ ...sealed, expiresAtMs: NOW + DAY_MS }, '$.a', key, NOW)).toBeUndefined();
    expect(openValue({ ...sealed, text: `${sealed.text.slice(0, -3)}AAA` }, '$.a', key, NOW)).toBeUndefined();
    expect(openValue({ ...sealed, text: 'short' }, '$.a', key, NOW)).toBeUndefined();
  });
});

function nameDiffers(control = 'Ana Lopez'): Difference {
  const [difference] = new AnswerComparer().compare(
    json(JSON.stringify({ name: control })),
    json('{"name":"Jo Smith"}'),
  ).differences;
  if (!difference) throw new Error('no difference');
  return difference;
}
