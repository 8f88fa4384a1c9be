import { createSoakStream } from './soak-unit.ts';

// The stream as a process of its own, which may kill itself (-9) at the n-th pass of a named point.
const { SOAK_SOURCE = '', SOAK_TARGET = '', CRASH_AT = '', CRASH_HIT = '1' } = process.env;
let hits = 0;
const stream = createSoakStream({ source: SOAK_SOURCE, target: SOAK_TARGET }, (point) => {
  if (point === CRASH_AT && ++hits === Number(CRASH_HIT)) process.kill(process.pid, 'SIGKILL');
});
await stream.start();
await stream.whenStreaming();
process.stdout.write('streaming\n');
