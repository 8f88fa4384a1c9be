import type { Verification } from '../../cdc/index.ts';
import { controlClient, type Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { print, Progress, table } from '../terminal.ts';

/** Compares both sides through the mapping at one exact position, while both go on working. */
export async function verify(context: Context, unit: string, flags: { direction?: string }): Promise<void> {
  const progress = new Progress(process.stderr);
  const path = `/v1/units/${encodeURIComponent(unit)}/verify`;
  const show = (value: unknown): void => {
    const { rows, total } = value as { rows: number; total: number };
    progress.show(`verify ${unit}`, rows, total);
  };
  const result = await controlClient(context).run<Verification>(
    path,
    flags.direction ? { direction: flags.direction } : {},
    show,
    context.signal,
  );
  progress.end();
  print(context.output, result, describe(unit, result));
  if (result.wrong > 0)
    throw cliErrors.error('CLI_REFUSED', {
      message: `${result.wrong} rows of ${unit} differ`,
      fix: 'look at the findings',
    });
}

function describe(unit: string, result: Verification): string {
  const head = `${unit}: ${result.wrong} wrong of ${result.rows} rows at ${result.position} in ${(result.ms / 1000).toFixed(1)} s`;
  if (result.findings.length === 0) return head;
  const rows = result.findings.map(({ table: name, key, kind, columns }) => [
    name,
    Object.values(key).join(', '),
    kind,
    columns.map((column) => `${column.name}: ${column.actual} instead of ${column.expected}`).join(', '),
  ]);
  return `${head}\n${table(['TABLE', 'KEY', 'KIND', 'COLUMNS'], rows)}`;
}
