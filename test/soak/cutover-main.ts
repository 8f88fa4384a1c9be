import { parseArgs } from 'node:util';
import { soakCutovers } from './cutovers.ts';

const USAGE = `npm run soak:cutover [-- --handovers N] [--seed N] [--over binlog|kafka]

Hands a unit, or a cohort of it, over and back N times under writes through two edges, killing (-9) one process in each; then looks for every
acknowledged write on the owner and compares all rows. Prints one line of JSON at the end; the exit code is 1 when anything
was lost, doubled, stale or wrong.`;

const { values } = parseArgs({
  options: {
    handovers: { type: 'string', default: '400' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    over: { type: 'string', default: 'binlog' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else if (values.over !== 'binlog' && values.over !== 'kafka') {
  console.error(`--over is ${values.over}; it is binlog or kafka`);
  process.exitCode = 2;
} else {
  const [handovers, seed] = [Number(values.handovers), Number(values.seed)];
  console.log(`seed ${seed}`);
  const onProgress = (begun: number, outcomes: Readonly<Record<string, number>>): void => {
    if (begun % 10 === 0) console.log(`${begun} of ${handovers}: ${JSON.stringify(outcomes)}`);
  };
  const report = await soakCutovers({ handovers, seed, over: values.over, onProgress });
  for (const finding of report.findings.slice(0, 20)) console.error(finding);
  console.log(
    JSON.stringify({ soak: 'cutover', over: values.over, seed, ...report, findings: report.findings.length }),
  );
  if (report.findings.length + report.staleReads > 0) process.exitCode = 1;
}
