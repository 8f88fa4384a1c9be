import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fuzzDecoder, fuzzReader, type FuzzReport } from './fuzz.ts';

/**
 * `npm run fuzz:events -- [--seconds 60] [--seed n]`: damages recorded messages and log events for as long as asked.
 * The work is done in a thread of its own, so that one input that hangs is found and named by the seed.
 */
interface Task {
  readonly seed: number;
  readonly forMs: number;
}

type Told =
  | { readonly kind: 'progress'; readonly inputs: number }
  | { readonly kind: 'done'; readonly decoder: FuzzReport; readonly reader: FuzzReport };

const SILENCE_MS = 30_000;

function main(): void {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Date.now() % 1e9) },
    },
  });
  const task: Task = { seed: Number(values.seed), forMs: Number(values.seconds) * 1000 };
  console.log(`seed ${task.seed}, ${values.seconds} s`);
  const worker = new Worker(new URL(import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  let inputs = 0;
  const fail = (reason: string): void => {
    console.error(`failed with seed ${task.seed} after about ${inputs} inputs: ${reason}`);
    process.exitCode = 1;
    void worker.terminate();
  };
  const silence = setInterval(() => fail(`an input takes longer than ${SILENCE_MS / 1000} s`), SILENCE_MS);
  worker.on('message', (told: Told) => {
    silence.refresh();
    if (told.kind === 'progress') inputs = told.inputs;
    else print(told);
  });
  worker.on('error', (error) => fail(error.message));
  worker.on('exit', () => clearInterval(silence));
}

function print({ decoder, reader }: Extract<Told, { kind: 'done' }>): void {
  for (const [name, { inputs, outcomes }] of Object.entries({ messages: decoder, 'log events': reader })) {
    const kinds = Object.entries(outcomes).toSorted(([, a], [, b]) => b - a);
    console.log(`${inputs} ${name}: ${kinds.map(([kind, count]) => `${count} ${kind}`).join(', ')}`);
  }
}

function work({ seed, forMs }: Task): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
  const tell = (told: Told): void => parentPort?.postMessage(told);
  const onProgress = (inputs: number): void => tell({ kind: 'progress', inputs });
  const decoder = fuzzDecoder({ seed, forMs: forMs * 0.75, onProgress });
  const reader = fuzzReader({ seed, forMs: forMs * 0.25, onProgress });
  tell({ kind: 'done', decoder, reader });
}

if (isMainThread) main();
else work(workerData as Task);
