import { describe, expect, it } from '@jest/globals';
import type { RecordedRequest } from '../record/recorded-request.ts';
import type { RecordSink, RequestRecorder } from '../record/request-recorder.ts';
import type { RecordedWord } from './messages.ts';
import { WorkerRecordings } from './worker-recordings.ts';

const ORDER = { unit: 'trips', share: 1, keep: [], key: 'k'.repeat(32), beganAt: 0 };
const REQUEST: RecordedRequest = {
  atMs: 0,
  route: 'GET /api/trips/{id}',
  method: 'GET',
  path: '/api/trips/17',
  headers: {},
  session: null,
  status: 200,
};

describe('what a worker records', () => {
  it('is passed on while the channel takes it, and not piled up in front of other messages', async () => {
    const said: RecordedWord[] = [];
    const waiting: (() => void)[] = [];
    const sinks: RecordSink[] = [];
    const recorder: RequestRecorder = {
      begin: (_, sink) => {
        sinks.push(sink);
        return Promise.resolve({ end: () => Promise.resolve({ taken: 2, dropped: 1, lost: 0 }) });
      },
    };
    const recordings = new WorkerRecordings(recorder, (word, sent) => {
      said.push(word);
      if (sent) waiting.push(sent);
      return false;
    });
    recordings.take({ number: 1, order: ORDER });
    const take = (): boolean | undefined => sinks[0]?.(REQUEST, { dropped: 0, lost: 0 });
    expect([take(), take()]).toEqual([true, false]);
    waiting.shift()?.();
    expect(take()).toBe(true);
    await recordings.endAll();
    expect(said.filter(({ request }) => request)).toHaveLength(2);
    expect(said.at(-1)).toEqual({ number: 1, dropped: 1, isOver: true });
  });
});
