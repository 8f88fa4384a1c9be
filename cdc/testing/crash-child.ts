import { waitUntil } from '../../shared/index.ts';
import { createStream } from '../stream/stream.ts';
import { forwardOptions } from './world.ts';

/**
 * Runs the forward stream and sends itself a signal, without any chance to tidy up, at the n-th pass of a named point.
 * When the stream stops by itself, it prints the code of the error and ends.
 */
const [, , sourceUrl = '', targetUrl = '', point = '', hits = '1', signal = 'SIGKILL'] = process.argv;
let left = Number(hits);

const stream = createStream({
  ...forwardOptions(sourceUrl, targetUrl),
  // Small batches: the point is passed often.
  batch: { changes: 50, bytes: 20_000 },
  at: (passed) => {
    if (passed !== point) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, signal);
  },
});
await stream.start();
await stream.whenStreaming();
await waitUntil(() => stream.state().kind === 'stopped', { budgetMs: Number.MAX_SAFE_INTEGER, everyMs: 20 });
const state = stream.state();
process.stdout.write(state.kind === 'stopped' ? state.error.code : state.kind);
process.exit(0);
