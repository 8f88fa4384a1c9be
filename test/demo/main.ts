import { table } from '../../cli/index.ts';
import { Demo, type DemoResult } from './demo.ts';
import { demoSettings } from './settings.ts';
import { Story } from './story.ts';

const settings = demoSettings(process.argv.slice(2));
const story = new Story(settings.json);
const demo = await Demo.start(settings, story);
try {
  const result = await demo.tell();
  story.line(resultTable(result));
  if (settings.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exitCode = isClean(result) ? 0 : 1;
} finally {
  await demo.stop();
}

function resultTable(result: DemoResult): string {
  return table(
    ['WHAT', 'MEASURED'],
    Object.entries(result).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
}

function isClean({ failed, staleReads, lostWrites, doubledWrites, mismatches, verify }: DemoResult): boolean {
  return [failed, staleReads, lostWrites, doubledWrites, mismatches, verify.wrong].every((count) => count === 0);
}
