import { parseArgs } from 'node:util';
import { weather } from './weather.ts';

const USAGE = `npm run soak:weather [-- --seconds N] [--seed N]

Lets the stream follow its source through bad network weather for N seconds while a writer writes; then compares every row.
Prints one line of JSON at the end; the exit code is 1 when anything was lost, doubled or wrong.`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else {
  const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
  console.log(`seed ${seed}`);
  const report = await weather({ seconds, seed });
  for (const difference of report.differences.slice(0, 20)) console.error(difference);
  console.log(JSON.stringify({ soak: 'weather', seed, ...report, differences: report.differences.length }));
  if (report.differences.length > 0) process.exitCode = 1;
}
