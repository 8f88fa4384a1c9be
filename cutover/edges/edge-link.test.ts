import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { silentLog } from '../../shared/index.ts';
import { EdgeLink, type LinkedEdge } from './edge-link.ts';
import type { Beat, ToEdge } from './messages.ts';

const SILENCE_MS = 60;
const links: EdgeLink[] = [];

afterEach(() => Promise.all(links.splice(0).map((link) => link.stop())));

const edge: LinkedEdge = {
  hold: () => Promise.resolve(true),
  release: () => undefined,
  counts: () => ({ reads: 0, pinned: 0 }),
  configure: () => undefined,
  flags: () => ({ ageMs: 0, isStale: false }),
  orderShadow: () => undefined,
  shadowLedger: () => undefined,
};

/** A link whose control end is what the test says; `tell` rejects nothing and reaches the link at once. */
function started(connects: boolean): { link: EdgeLink; tell: (message: ToEdge) => void } {
  let tell: (message: ToEdge) => void = () => undefined;
  const link = new EdgeLink({
    units: [],
    log: silentLog,
    states: { get: () => undefined, accept: () => undefined },
    endpoints: { accept: () => undefined },
    connect: ({ message, closed }) => {
      tell = message;
      const peer = { send: () => undefined, close: closed, isClosed: false };
      return connects ? Promise.resolve(peer) : Promise.reject(new Error('refused'));
    },
  });
  links.push(link);
  link.start(edge, { name: 'a', adminPort: 0 });
  return { link, tell: (message) => tell(message) };
}

const beat = (liveForMs: number): ToEdge => {
  const told: Beat = { number: 1, ping: 0, liveForMs, membership: 1, others: 0 };
  return { beat: told };
};

describe('an edge that starts', () => {
  it('does not wait for a control that says nothing', async () => {
    const { link } = started(false);
    await link.joined(SILENCE_MS);
    expect(link.isLive()).toBe(false);
  });

  it('waits for a control that speaks until it is taken in, however long that is', async () => {
    const { link, tell } = started(true);
    let isOver = false;
    const joined = link.joined(SILENCE_MS).then(() => (isOver = true));
    for (let spoken = 0; spoken < 20; spoken++) {
      await sleep(SILENCE_MS / 6);
      tell(beat(0));
    }
    expect(isOver).toBe(false);
    tell(beat(1_000));
    await joined;
    expect(isOver).toBe(true);
  });
});
