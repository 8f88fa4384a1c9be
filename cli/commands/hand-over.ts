import type { Direction, GateResult, HandoverMove, StepReport } from '../../cutover/index.ts';
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
  const show = (progress: unknown): void => {
    if (!context.output.json) context.output.stream.write(`${stepLine(progress as StepReport)}\n`);
  };
  const path = `/v1/units/${encodeURIComponent(unit)}/${direction}`;
  const result = await controlClient(context).run<HandoverMove>(path, intentOf(flags), show, context.signal);
  print(context.output, result, describe(unit, direction, result, flags.dryRun ?? false));
  if (result.outcome !== 'done')
    throw cliErrors.error('CLI_REFUSED', { message: `${unit} was not handed over: ${reasonOf(result)}` });
}

function stepLine({ step, ms, detail }: StepReport): string {
  return `  ${step.padEnd(9)} ${`${Math.round(ms)} ms`.padStart(8)}  ${detail ?? ''}`.trimEnd();
}

function describe(unit: string, direction: Direction, result: HandoverMove, dryRun: boolean): string {
  switch (result.outcome) {
    case 'refused':
      return gatesTable(result.gates);
    case 'done':
      return dryRun
        ? `${direction} of ${unit}: nothing blocks it; nothing was changed`
        : `${direction} of ${unit} done; writes were held for ${Math.round(result.holdMs)} ms`;
    default:
      return `${direction} of ${unit} ${result.outcome} at ${result.at}: ${result.reason}`;
  }
}

function reasonOf(result: Exclude<HandoverMove, { outcome: 'done' }>): string {
  if (result.outcome !== 'refused') return `${result.outcome} at ${result.at}: ${result.reason}`;
  const open = result.gates.filter((gate: GateResult) => gate.verdict !== 'pass');
  return open
    .map((gate) => `${gate.gate} ${gate.verdict} (${gate.value}, limit ${gate.limit}); next: ${gate.next}`)
    .join('; ');
}
