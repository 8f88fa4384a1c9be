import { describeStage, type GateResult, type Stage, type StageName } from '../../cutover/index.ts';
import { controlClient, intentOf, type ChangeFlags, type Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { print } from '../terminal.ts';
import { gatesTable } from './gates.ts';

interface StageMoveAnswer {
  readonly outcome: 'moved' | 'would-move' | 'refused';
  readonly from: Stage;
  readonly to: Stage;
  readonly gates: readonly GateResult[];
}

/** Without `to`: the gates before the next step. With it: moves the unit, one step forward or any way back. */
export async function stage(
  context: Context,
  unit: string,
  to: string | undefined,
  flags: ChangeFlags & { rung?: string },
): Promise<void> {
  const client = controlClient(context);
  if (to === undefined) {
    const { gates } = await client.get<{ gates: GateResult[] }>(`/v1/units/${encodeURIComponent(unit)}/gates`);
    return print(context.output, { gates }, gatesTable(gates));
  }
  const target = to === 'next' ? {} : { to: to as StageName, ...(flags.rung ? { rung: Number(flags.rung) - 1 } : {}) };
  const { result } = await client.post<{ result: StageMoveAnswer }>(`/v1/units/${encodeURIComponent(unit)}/stage`, {
    ...intentOf(flags),
    ...target,
  });
  print(context.output, result, describe(unit, result));
  if (result.outcome === 'refused') throw cliErrors.error('CLI_REFUSED', { message: refusal(unit, result) });
}

function describe(unit: string, { outcome, from, to, gates }: StageMoveAnswer): string {
  const verb = { moved: 'moved from', 'would-move': 'would move from', refused: 'stays at' }[outcome];
  const line =
    outcome === 'refused'
      ? `${unit} ${verb} ${describeStage(from)}`
      : `${unit} ${verb} ${describeStage(from)} to ${describeStage(to)}`;
  return `${line}\n${gatesTable(gates)}`;
}

function refusal(unit: string, { from, gates }: StageMoveAnswer): string {
  const open = gates.filter((gate) => gate.verdict !== 'pass');
  return `${unit} stays at ${describeStage(from)}: ${open.map((g) => `${g.gate} ${g.verdict} (${g.value}, limit ${g.limit})`).join('; ')}`;
}
