import { parseArgs } from 'node:util';
import { DEFECTS } from '../../edge/testing/trips-model.fixture.ts';
import { soakShadow } from './shadow.ts';

const USAGE = `npm run soak:shadow [-- --requests N] [--lag MS] [--seed N]

Shadows a correct service for N requests with noise around every answer and a copy that is up to MS behind, then one with
each of the seeded defects. Prints one line of JSON; the exit code is 1 when anything was found on the correct one, or a
defect was not found at its place.`;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '200000' },
    lag: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main(Number(values.requests), Number(values.lag), Number(values.seed));

async function main(requests: number, maxLagMs: number, seed: number): Promise<void> {
  console.log(`seed ${seed}`);
  const { verdict, counts, failed, fields: _, ...rest } = await soakShadow({ requests, seed, maxLagMs });
  const correct = { ...rest, failed, ...counts, verdict: verdict.verdict, findings: namesOf(verdict.findings) };
  const missed = await missedDefects(Math.min(requests, 50_000), seed);
  console.log(JSON.stringify({ soak: 'shadow', seed, ...correct, defects: Object.keys(DEFECTS).length, missed }));
  if (failed + correct.findings.length + missed.length > 0 || verdict.verdict === 'fail') process.exitCode = 1;
}

async function missedDefects(requests: number, seed: number): Promise<string[]> {
  const missed: string[] = [];
  for (const [name, { defect, found }] of Object.entries(DEFECTS)) {
    const { verdict, requests: asked } = await soakShadow({ requests, seed, defect });
    const isFound = verdict.verdict === 'fail' && namesOf(verdict.findings).includes(found);
    console.log(`${name}: ${isFound ? `found after ${asked} requests, at ${found}` : 'MISSED'}`);
    if (!isFound) missed.push(name);
  }
  return missed;
}

function namesOf(findings: readonly { readonly class: string; readonly path: string }[]): string[] {
  return findings.map(({ class: kind, path }) => `${kind} ${path}`);
}
