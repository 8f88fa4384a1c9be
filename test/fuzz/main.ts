import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fuzzHttp, type FuzzFinding, type FuzzReport, type FuzzRun } from './fuzz-http.ts';

type Task = Pick<FuzzRun, 'seed' | 'forMs' | 'from'> & { readonly count?: number };

type Told = { readonly session: number } | { readonly report: FuzzReport };

const USAGE = `npm run fuzz:http [-- --seconds 60] [--seed N] [--session N] [--json]

Says damaged, doubtful and split requests to edges with each forwarder, for as long as asked. --session repeats one
connection of a seed.`;

/** The work is done in a thread of its own, so that a connection that stops the edge, or ends it, is found and named. */
const SILENCE_MS = 30_000;

function main(): void {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Date.now() % 1e9) },
      session: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const one = values.session === undefined ? {} : { from: Number(values.session), count: 1 };
  const task: Task = { seed: Number(values.seed), forMs: Number(values.seconds) * 1000, ...one };
  console.log(`seed ${task.seed}, ${values.seconds} s`);
  follow(task, values.json);
}

function follow(task: Task, json: boolean): void {
  const worker = new Worker(new URL(import.meta.url), { workerData: task });
  let session = -1;
  const fail = (reason: string): void => {
    console.error(`failed: ${reason}; repeat with --seed ${task.seed} --session ${session}`);
    process.exitCode = 1;
    void worker.terminate();
  };
  const silence = setInterval(() => fail(`a connection takes longer than ${SILENCE_MS / 1000} s`), SILENCE_MS);
  worker.on('message', (told: Told) => {
    silence.refresh();
    if ('session' in told) session = told.session;
    else print(task, told.report, json);
  });
  worker.on('error', (error) => fail(`the edge has ended with ${error.stack ?? error.message}`));
  worker.on('exit', () => clearInterval(silence));
}

function print({ seed }: Task, report: FuzzReport, json: boolean): void {
  const { connections, forwarded, answers, findings } = report;
  const told = Object.entries(answers).map(([said, count]) => `${count} × ${said}`);
  console.log(`${connections} connections, ${forwarded} requests forwarded; answers: ${told.join(', ')}`);
  for (const finding of findings) console.error(describe(seed, finding));
  console.log(findings.length === 0 ? 'nothing found' : `${findings.length} connections with findings`);
  if (json) console.log(JSON.stringify({ fuzz: { seed, connections, forwarded, findings: findings.length, answers } }));
  process.exitCode = findings.length > 0 ? 1 : 0;
}

function describe(seed: number, { session, forwarder, problems, sent, heard }: FuzzFinding): string {
  return [
    `${forwarder}, --seed ${seed} --session ${session}`,
    ...problems.map((problem) => `  ${problem}`),
    `  sent:  ${JSON.stringify(sent.slice(0, 2000))}`,
    `  heard: ${JSON.stringify(heard.slice(0, 1000))}`,
  ].join('\n');
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
const tell = (told: Told): void => parentPort?.postMessage(told);

if (isMainThread) main();
else tell({ report: await fuzzHttp({ ...(workerData as Task), onSession: (session) => tell({ session }) }) });
