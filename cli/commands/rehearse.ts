import { writeFile } from 'node:fs/promises';
import { rehearsalMarkdown, type RehearsalReport, type RehearsedStep } from '../../cutover/index.ts';
import { controlClient, intentOf, type Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { print } from '../terminal.ts';
import { gatesTable } from './gates.ts';

export interface RehearseFlags {
  readonly reason?: string;
  readonly out?: string;
}

/** Shows each step as it ends, then the gates; the report may go into a file as Markdown. Ctrl-C ends it, not passed. */
export async function rehearse(context: Context, unit: string, flags: RehearseFlags): Promise<void> {
  const show = (progress: unknown): void => {
    if (!context.output.json) context.output.stream.write(`${stepLine(progress as RehearsedStep)}\n`);
  };
  const path = `/v1/units/${encodeURIComponent(unit)}/rehearse`;
  const report = await controlClient(context).run<RehearsalReport>(path, intentOf(flags), show, context.signal);
  if (flags.out !== undefined) await writeFile(flags.out, rehearsalMarkdown(report));
  print(context.output, report, describe(report, flags.out));
  if (report.passed) return;
  const failed = report.steps.filter(({ ok }) => !ok).map(({ way, step, detail }) => `${way}, ${step}: ${detail}`);
  const closed = report.gates.filter(({ verdict }) => verdict !== 'pass').map(({ gate, value }) => `${gate}: ${value}`);
  throw cliErrors.error('CLI_REFUSED', {
    message: `the rehearsal of ${unit} did not pass: ${[...failed, ...closed].join('; ')}`,
    fix: 'put that right and rehearse again',
  });
}

function stepLine({ way, step, ms, ok, detail }: RehearsedStep): string {
  return `  ${way.padEnd(9)}${step.padEnd(14)}${`${Math.round(ms)} ms`.padStart(8)}  ${ok ? '' : 'FAILED '}${detail}`;
}

function describe({ unit, passed, gates }: RehearsalReport, out: string | undefined): string {
  const verdict = `rehearsal of ${unit}: ${passed ? 'passed; nothing was moved, no request was held' : 'not passed'}`;
  return [gatesTable(gates), verdict, ...(out === undefined ? [] : [`the report is in ${out}`])].join('\n');
}
