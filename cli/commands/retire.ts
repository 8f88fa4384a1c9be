import type { RetirementMove } from '../../cutover/index.ts';
import { controlClient, intentOf, type ChangeFlags, type Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { print } from '../terminal.ts';
import { gatesTable } from './gates.ts';

export interface RetireFlags extends ChangeFlags {
  readonly yesDropTheWayBack?: boolean;
}

/** Ends what leads back to legacy. Without the long word nothing happens; with --dry-run all of it is shown. */
export async function retire(context: Context, unit: string, flags: RetireFlags): Promise<void> {
  const { result } = await controlClient(context).post<{ result: RetirementMove }>(
    `/v1/units/${encodeURIComponent(unit)}/retire`,
    { ...intentOf(flags), confirmed: flags.yesDropTheWayBack ?? false },
    { timeoutMs: REMOVAL_MS },
  );
  print(context.output, result, retirementText(unit, result));
  if (result.outcome === 'refused')
    throw cliErrors.error('CLI_REFUSED', { message: `${unit} was not retired: ${openGates(result)}` });
}

/** Triggers wait for open transactions. */
const REMOVAL_MS = 120_000;

export function retirementText(unit: string, { outcome, gates, removed, leftovers }: RetirementMove): string {
  if (outcome === 'refused') return gatesTable(gates);
  if (outcome === 'would-retire')
    return [
      gatesTable(gates),
      '',
      'THE POINT OF NO RETURN: from there on nothing rolls back, and legacy falls behind for good.',
      ...listed('Banyan would take away:', removed),
      ...listed('Left to you afterwards:', leftovers),
    ].join('\n');
  return [
    `${unit} is retired: the service has its rows for good`,
    ...listed('Banyan took away:', removed),
    ...listed('Left to you:', leftovers),
  ].join('\n');
}

function listed(head: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', head, ...lines.map((line) => `  - ${line}`)];
}

function openGates({ gates }: RetirementMove): string {
  const open = gates.filter(({ verdict }) => verdict !== 'pass');
  return open.map(({ gate, verdict, value, limit }) => `${gate} ${verdict} (${value}, limit ${limit})`).join('; ');
}
