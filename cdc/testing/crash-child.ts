import { createStream } from '../stream.ts';
import { forwardOptions } from './world.ts';

/** Runs the forward stream and kills itself, without any chance to tidy up, at the n-th pass of a named point. */
const [, , sourceUrl = '', targetUrl = '', point = '', hits = '1'] = process.argv;
let left = Number(hits);

const stream = createStream({
  ...forwardOptions(sourceUrl, targetUrl),
  // Small batches: the point is passed often.
  batch: { changes: 50, bytes: 20_000 },
  at: (passed) => {
    if (passed !== point) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  },
});
await stream.start();
await stream.whenStreaming();
