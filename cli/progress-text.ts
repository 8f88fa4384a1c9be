import type { CallersLeft, NextStep, Progress, Tally, UnitProgress } from '../cutover/index.ts';
import { table } from './terminal.ts';

/** As many gates as a line of a hundred columns has room for; `banyan stage` shows all of them. */
const GATES_SHOWN = 2;

/** What is left of each unit, in the order in which they are to move on, and of all together. */
export function progressText(progress: Progress, only?: string): string {
  const shown = progress.units.filter(({ unit }) => only === undefined || unit === only);
  return [progressTable(shown), '', totalLine(progress), ...nextLine(progress)].join('\n');
}

function progressTable(units: readonly UnitProgress[]): string {
  return table(
    ['UNIT', 'NEXT', 'WRITES', 'KEYS MOVED', 'TABLES', 'CALLERS', 'FLAGS', 'WAITS FOR'],
    units.map(({ unit, next, writes, movedKeys, tables, callers, flags }) => [
      unit,
      next?.to ?? '-',
      tallyText(writes),
      movedKeys > 0 ? movedKeys : '-',
      tallyText(tables),
      callersText(callers),
      flags ?? 'unknown',
      waitsText(next),
    ]),
  );
}

function tallyText({ left, of }: Tally): string {
  return `${left} of ${of}`;
}

/** Nobody seen is nobody there only if somebody could have been seen. */
function callersText({ users: { length }, isWatched }: CallersLeft): string {
  if (isWatched) return `${length}`;
  return length > 0 ? `${length} or more` : 'unknown';
}

function waitsText(next: NextStep | undefined): string {
  if (!next) return '-';
  const gates = next.waitsFor.map(({ gate, verdict }) => (verdict === 'fail' ? gate : `${gate}?`));
  const more = gates.length - GATES_SHOWN;
  return `${gates.slice(0, GATES_SHOWN).join(', ')}${more > 0 ? ` +${more}` : ''}` || 'nothing';
}

function totalLine({ total }: Progress): string {
  const { units, writes, tables, callers, flags } = total;
  if (units.left === 0) return `nothing is left of ${counted(`${units.of}`, 'unit')}`;
  const figures = [
    `${tallyText(writes)} writes`,
    `${tallyText(tables)} tables`,
    counted(callersText(callers), 'caller'),
    counted(`${flags ?? 'unknown'}`, 'flag'),
  ];
  return `${tallyText(units)} units left: ${figures.join(', ')}`;
}

function counted(count: string, what: string): string {
  return `${count} ${what}${count === '1' ? '' : 's'}`;
}

function nextLine({ units, next }: Progress): string[] {
  const first = units.find(({ unit }) => unit === next);
  if (!first?.next) return [];
  const { unit, next: step } = first;
  const command = step.to === 'retired' ? `banyan retire ${unit} --dry-run` : `banyan stage ${unit}`;
  return [`next: ${unit} to ${step.to}; ${command} shows what it waits for`];
}
