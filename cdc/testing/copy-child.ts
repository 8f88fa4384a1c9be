import { createStream } from '../stream/stream.ts';
import { forwardOptions } from './world.ts';

/** Runs a copy of small chunks in short cycles and kills itself at the n-th pass of a named point. */
const [, , sourceUrl = '', targetUrl = '', point = '', hits = '1'] = process.argv;
let left = Number(hits);

const stream = createStream({
  ...forwardOptions(sourceUrl, targetUrl),
  copy: { cycleMs: 10, chunkRows: 50 },
  batch: { changes: 20, bytes: 20_000 },
  at: (passed) => {
    if (passed !== point) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  },
});
await stream.start();
await stream.whenStreaming();
