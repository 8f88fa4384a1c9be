import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../shared/index.ts';
import { Heads } from './heads.ts';
import { MemoryAccount } from './memory-account.ts';
import { Parking } from './parking.ts';
import { Recorder } from './recorder.ts';
import { Sampler } from './sampler.ts';
import { defaultSampling, type Sampling } from './sampling.ts';
import { Turns } from './turns.ts';

describe('the sampling of reads', () => {
  it('takes about the share it is told, and the same reads with the same seed', () => {
    const [one, same, other] = [taken({ rate: 0.1 }), taken({ rate: 0.1 }), taken({ rate: 0.1, seed: 2 })];
    expect(one.length).toBeGreaterThan(800);
    expect(one.length).toBeLessThan(1_200);
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it('takes all reads of the chosen subjects and none of the others', () => {
    const sampler = samplerOf({ subjects: 0.3 });
    const chosen = (): string[] => people.filter((subject) => sampler.takes('GET /a', subject, 0));
    const first = chosen();
    expect(chosen()).toEqual(first);
    expect(first.length).toBeGreaterThan(20);
    expect(first.length).toBeLessThan(40);
  });

  it('thins a busy route and leaves a quiet one whole', () => {
    const sampler = samplerOf({ perSecond: 10 });
    let [busy, quiet] = [0, 0];
    for (let ms = 0; ms < 10_000; ms++) {
      if (sampler.takes('GET /busy', 'a', ms)) busy++;
      if (ms % 1000 === 0 && sampler.takes('GET /quiet', 'a', ms)) quiet++;
    }
    expect(quiet).toBe(10);
    expect(busy).toBeLessThanOrEqual(110);
  });

  it('gives a route the rate of its own', () => {
    const sampler = samplerOf({ routes: { 'GET /a': 0 } });
    expect([sampler.takes('GET /a', 's', 0), sampler.takes('GET /b', 's', 0)]).toEqual([false, true]);
  });
});

describe('the copy of an answer', () => {
  it('invariant 6: is given up when the account of the process is empty, and gives back what it held', () => {
    const account = new MemoryAccount(100);
    const [one, other] = [new Recorder(1_000, account.lease()), new Recorder(1_000, account.lease())];
    one.chunk(Buffer.alloc(80));
    other.chunk(Buffer.alloc(80));
    expect(other.answer()).toBeUndefined();
    expect(account.held).toBe(80);
    one.release();
    one.release();
    expect(account.held).toBe(0);
  });

  it('is given up when it is larger than one may be', () => {
    const account = new MemoryAccount(1_000);
    const recorder = new Recorder(100, account.lease());
    for (const _ of [1, 2, 3]) recorder.chunk(Buffer.alloc(60));
    expect(recorder.answer()).toBeUndefined();
    expect(account.held).toBe(0);
  });
});

describe('the end of the log', () => {
  it('is never older than whoever asks for it, and asked for once by those who wait together', async () => {
    let asked = 0;
    const answers: ((at: object) => void)[] = [];
    const heads = new Heads(() => new Promise((resolve) => (asked++, answers.push(resolve))));
    const first = heads.now();
    await settled();
    const [second, third] = [heads.now(), heads.now()];
    answers[0]?.({ at: 1 });
    expect(await first).toEqual({ at: 1 });
    await settled();
    answers[1]?.({ at: 2 });
    expect(await Promise.all([second, third])).toEqual([{ at: 2 }, { at: 2 }]);
    expect(asked).toBe(2);
  });

  it('can be asked for again after a failure', async () => {
    let fails = true;
    const heads = new Heads(() => (fails ? Promise.reject(new Error('gone')) : Promise.resolve({ at: 1 })));
    await expect(heads.now()).rejects.toThrow('gone');
    fails = false;
    expect(await heads.now()).toEqual({ at: 1 });
  });
});

describe('parking', () => {
  it('waits for what is due, within its budget and its room', async () => {
    const parking = new Parking(systemClock, 2);
    let isDue = false;
    const waiting = parking.wait(() => isDue, 5_000);
    const never = parking.wait(() => false, 20);
    expect(await parking.wait(() => false, 5_000)).toBe('full');
    expect(await never).toBe('expired');
    isDue = true;
    expect(await waiting).toBe('due');
    const closed = parking.wait(() => false, 5_000);
    parking.close();
    expect(await closed).toBe('closed');
    expect(parking.size).toBe(0);
  });
});

describe('turns', () => {
  it('lets others in when a turn has used its time, and does all that was asked', async () => {
    const turns = new Turns(0);
    const order: string[] = [];
    const work = [1, 2, 3].map((n) => turns.run(() => order.push(`work ${n}`)));
    const others = new Promise<void>((resolve) =>
      setImmediate(() => setImmediate(() => (order.push('user'), resolve()))),
    );
    await Promise.all([...work, others]);
    expect(order.indexOf('user')).toBeLessThan(order.indexOf('work 3'));
    await expect(turns.run(() => JSON.parse('{'))).rejects.toThrow(SyntaxError);
  });
});

const people = Array.from({ length: 100 }, (_, i) => `user ${i}`);

function samplerOf(changes: Partial<Sampling>): Sampler {
  return new Sampler({ ...defaultSampling, perSecond: 1e9, ...changes });
}

function taken(changes: Partial<Sampling>): number[] {
  const sampler = samplerOf(changes);
  return Array.from({ length: 10_000 }, (_, i) => i).filter((i) => sampler.takes('GET /a', 's', i));
}

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}
