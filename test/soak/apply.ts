import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

const USAGE = `npm run soak:apply [-- --kills N] [--seed N]

Kills the applier (-9) N times, at named points and at any moment, while a writer writes; then compares every row.
Prints one line of JSON at the end; the exit code is 1 when anything was lost, doubled or wrong.`;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else {
  const [kills, seed] = [Number(values.kills), Number(values.seed)];
  console.log(`seed ${seed}`);
  const report = await soak({
    kills,
    seed,
    onProgress: (done, transactions) => {
      if (done % 25 === 0 || done === kills)
        console.log(`${done} of ${kills} kills, ${transactions} transactions written`);
    },
  });
  for (const difference of report.differences.slice(0, 20)) console.error(difference);
  console.log(JSON.stringify({ soak: 'apply', seed, ...report, differences: report.differences.length }));
  if (report.differences.length > 0) process.exitCode = 1;
}
