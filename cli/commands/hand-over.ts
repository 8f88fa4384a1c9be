import type { Direction, GateResult, HandoverMove, Intent, StepReport } from '../../cutover/index.ts';
import { controlClient, intentOf, type ChangeFlags, type Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { print } from '../terminal.ts';
import { gatesTable } from './gates.ts';

/** `banyan cutover` and `banyan rollback`: shows each step as it ends. Ctrl-C cancels until the journal row. */
export async function handOver(
  context: Context,
  unit: string,
  direction: Direction,
  flags: ChangeFlags,
): Promise<void> {
  const order = { path: `/v1/units/${encodeURIComponent(unit)}/${direction}`, what: `${direction} of ${unit}`, unit };
  await runHandOver(context, { ...order, body: intentOf(flags) });
}

/** `banyan cohort … move` and `return`: the same steps for the rows of one cohort. */
export async function handOverCohort(
  context: Context,
  unit: string,
  {
    name,
    verb,
    members,
  }: { readonly name: string; readonly verb: 'move' | 'return'; readonly members: readonly string[] },
  flags: ChangeFlags,
): Promise<void> {
  const path = `/v1/units/${encodeURIComponent(unit)}/cohorts/${encodeURIComponent(name)}/${verb}`;
  const body = { ...intentOf(flags), members };
  await runHandOver(context, { path, what: `${verb} of ${name} of ${unit}`, unit: `${name} of ${unit}`, body });
}

interface HandOverOrder {
  readonly path: string;
  readonly what: string;
  readonly unit: string;
  readonly body: Intent;
}

async function runHandOver(context: Context, { path, what, unit, body }: HandOverOrder): Promise<void> {
  const show = (progress: unknown): void => {
    if (!context.output.json) context.output.stream.write(`${stepLine(progress as StepReport)}\n`);
  };
  const result = await controlClient(context).run<HandoverMove>(path, body, show, context.signal);
  print(context.output, result, describe(what, result, body.dryRun ?? false));
  if (result.outcome !== 'done')
    throw cliErrors.error('CLI_REFUSED', { message: `${unit} was not handed over: ${reasonOf(result)}` });
}

function stepLine({ step, ms, detail }: StepReport): string {
  return `  ${step.padEnd(9)} ${`${Math.round(ms)} ms`.padStart(8)}  ${detail ?? ''}`.trimEnd();
}

function describe(what: string, result: HandoverMove, dryRun: boolean): string {
  switch (result.outcome) {
    case 'refused':
      return gatesTable(result.gates);
    case 'done':
      return dryRun
        ? `${what}: nothing blocks it; nothing was changed`
        : `${what} done; writes were held for ${Math.round(result.holdMs)} ms`;
    default:
      return `${what} ${result.outcome} at ${result.at}: ${result.reason}`;
  }
}

function reasonOf(result: Exclude<HandoverMove, { outcome: 'done' }>): string {
  if (result.outcome !== 'refused') return `${result.outcome} at ${result.at}: ${result.reason}`;
  const open = result.gates.filter((gate: GateResult) => gate.verdict !== 'pass');
  return open
    .map((gate) => `${gate.gate} ${gate.verdict} (${gate.value}, limit ${gate.limit}); next: ${gate.next}`)
    .join('; ');
}
