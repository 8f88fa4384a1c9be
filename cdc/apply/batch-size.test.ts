import { describe, expect, it } from '@jest/globals';
import { BatchSize } from './batch-size.ts';

describe('BatchSize', () => {
  it('grows while full batches are quick, up to its bound', () => {
    const size = new BatchSize();
    for (let i = 0; i < 20; i++) size.observe(size.limits.changes, 100);
    expect(size.limits.changes).toBe(5_000);
  });

  it('halves with every slow batch, down to its bound, and grows again in small steps', () => {
    const size = new BatchSize();
    size.observe(4_000, 2_000);
    expect(size.limits.changes).toBe(2_000);
    for (let i = 0; i < 20; i++) size.observe(size.limits.changes, 900);
    expect(size.limits.changes).toBe(100);
    size.observe(100, 20);
    expect(size.limits.changes).toBe(350);
  });

  it('halves what was written when a batch that was not full is slow already', () => {
    const size = new BatchSize();
    size.observe(600, 2_000);
    expect(size.limits.changes).toBe(300);
  });

  it('learns nothing from small quick batches', () => {
    const size = new BatchSize();
    size.observe(10, 1);
    expect(size.limits.changes).toBe(4_000);
  });
});
