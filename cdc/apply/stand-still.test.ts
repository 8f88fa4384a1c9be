import { describe, expect, it } from '@jest/globals';
import { parsePosition } from '../position.ts';
import { StandStills } from './stand-still.ts';

describe('StandStills', () => {
  it('stops the applier anywhere first, then exactly at the position that was chosen meanwhile', async () => {
    const stills = new StandStills();
    const applied = parsePosition('0-1-3');
    const done = stills.request(
      () => Promise.resolve(parsePosition('0-1-5')),
      () => Promise.resolve('worked'),
    );
    expect(stills.stopsAt(applied)).toBe(true);
    await expect(stills.serve(() => applied)).resolves.toBe(false);
    expect(stills.stopsAt(parsePosition('0-1-4'))).toBe(false);
    expect(stills.stopsAt(parsePosition('0-1-5'))).toBe(true);
    await stills.serve(() => parsePosition('0-1-5'));
    await expect(done).resolves.toBe('worked');
    expect(stills.stopsAt(applied)).toBe(false);
  });

  it('hands an error of the work to whoever asked, and goes on', async () => {
    const stills = new StandStills();
    const failing = stills.request(parsePosition(''), () => Promise.reject(new Error('broken')));
    const next = stills.request(parsePosition(''), () => Promise.resolve(2));
    failing.catch(() => undefined);
    await stills.serve(() => parsePosition(''));
    await stills.serve(() => parsePosition(''));
    await expect(failing).rejects.toThrow('broken');
    await expect(next).resolves.toBe(2);
  });

  it('does not miss a request that came before anybody waited for one', async () => {
    const stills = new StandStills();
    const asked = stills.request(parsePosition(''), () => Promise.resolve());
    await expect(stills.requested()).resolves.toBeUndefined();
    stills.endAll(new Error('over'));
    await expect(asked).rejects.toThrow('over');
  });
});
