import { parseArgs } from 'node:util';
import { table } from '../../cli/index.ts';
import { measureComparison, slowestOf } from './measure.ts';

const USAGE = `npm run bench:compare [-- --json] [--rounds N] [--ms N]

How long two answers of 2 KB take to be compared, on one core, against JSON.parse of both.`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    ms: { type: 'string', default: '200' },
  },
});
if (options.help) console.log(USAGE);
else main();

function main(): void {
  const figures = measureComparison({ rounds: Number(options.rounds), ms: Number(options.ms) });
  const rows = figures.map(({ name, answersPerS, vsParse }) => [name, answersPerS.toLocaleString('en-US'), vsParse]);
  console.log(table(['answers', 'compared/s', '× parsing both'], rows));
  const peers = [slowestOf(figures), ...figures];
  if (options.json) console.log(JSON.stringify({ bench: 'compare', peers }));
}
