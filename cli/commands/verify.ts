import type { Verification } from '../../cdc/index.ts';
import type { UnitVerification, VerifyRequest } from '../../cutover/index.ts';
import { isBanyanError } from '../../shared/index.ts';
import { controlClient, intentOf, type ChangeFlags, type Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { print, Progress, table } from '../terminal.ts';

export interface VerifyFlags extends ChangeFlags {
  readonly direction?: string;
  readonly resume?: boolean;
  readonly continuous?: boolean;
  readonly passes?: string;
  readonly maxRowsPerS?: string;
  readonly maxViewS?: string;
  readonly repair?: boolean;
}

interface Seen {
  readonly rows: number;
  readonly total: number;
  readonly coverage: number;
  readonly wrong: number;
  readonly notVerified: number;
  readonly pass?: number;
}

/** Compares both sides through the mapping while both go on working. Ctrl-C ends it and says what was covered. */
export async function verify(context: Context, unit: string, flags: VerifyFlags): Promise<void> {
  const follower = new Follower(unit);
  const path = `/v1/units/${encodeURIComponent(unit)}/verify`;
  const result = await controlClient(context)
    .run<UnitVerification>(path, requestOf(flags), (progress) => follower.show(progress as Seen), context.signal)
    .catch((error: unknown) => {
      throw follower.interruption(error) ?? error;
    });
  follower.end();
  print(context.output, result, describe(unit, result));
  requireClean(unit, result);
}

function requestOf(flags: VerifyFlags): VerifyRequest & { direction?: string; who: string; reason: string } {
  const { who, reason, dryRun } = intentOf(flags);
  if (dryRun && !flags.repair)
    throw cliErrors.error('CLI_USAGE', {
      message: '--dry-run says what --repair would do; without it nothing changes',
    });
  return {
    who,
    reason,
    ...(flags.direction && { direction: flags.direction }),
    ...(flags.resume && { resume: true }),
    ...(flags.continuous && { continuous: true }),
    ...(flags.passes !== undefined && { passes: wholeNumber('--passes', flags.passes) }),
    ...(flags.maxRowsPerS !== undefined && { maxRowsPerS: wholeNumber('--max-rows-per-s', flags.maxRowsPerS) }),
    ...(flags.maxViewS !== undefined && { maxViewS: wholeNumber('--max-view-s', flags.maxViewS) }),
    ...(flags.repair && { repair: dryRun ? 'dry-run' : 'write' }),
  };
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw cliErrors.error('CLI_USAGE', {
    message: `${option} is "${text}"; expected a whole number above 0`,
    fix: `give ${option} a number`,
  });
}

/** The progress line, and what it said last. */
class Follower {
  private readonly unit: string;
  private progress = new Progress(process.stderr);
  private last: Seen | undefined;

  constructor(unit: string) {
    this.unit = unit;
  }

  show(seen: Seen): void {
    if (this.last && seen.pass !== this.last.pass) this.progress = new Progress(process.stderr);
    this.last = seen;
    const pass = seen.pass === undefined ? '' : `, pass ${seen.pass}`;
    this.progress.show(`verify ${this.unit}${pass}`, seen.rows, seen.total);
  }

  end(): void {
    this.progress.end();
  }

  interruption(error: unknown): Error | undefined {
    this.end();
    if (!isBanyanError(error) || error.code !== 'CLI_INTERRUPTED') return undefined;
    const { coverage = 0, wrong = 0, notVerified = 0 } = this.last ?? {};
    return cliErrors.error('CLI_INTERRUPTED', {
      message: `interrupted: ${coverage} % of ${this.unit} was covered, ${wrong} wrong, ${notVerified} not verified`,
      fix: 'the same command with --resume goes on from there',
    });
  }
}

function describe(unit: string, result: UnitVerification): string {
  return [
    headline(unit, result),
    ...remarks(result),
    ...(result.findings.length > 0 ? [findingsTable(result)] : []),
    ...(result.unverified.length > 0 ? [unverifiedTable(result)] : []),
    ...(result.repair ? [repairLines(result.repair)] : []),
  ].join('\n');
}

function headline(unit: string, { wrong, rows, position, positions, ms, mode }: Verification): string {
  const time = `in ${(ms / 1000).toFixed(1)} s`;
  if (mode === 'continuous') return `${unit}: ${wrong} wrong of ${rows} rows up to ${position} ${time}`;
  const more = positions > 1 ? `, the last of ${positions} positions,` : '';
  return `${unit}: ${wrong} wrong of ${rows} rows at ${position}${more} ${time}`;
}

/** What is worth a line of its own, and nothing where all is well. */
function remarks({ coverage, notVerified, orphans, headroom, limits, mode, oldestAgeMs }: Verification): string[] {
  return [
    ...(mode === 'continuous' || coverage < 100
      ? [`${coverage} % covered, the oldest row ${Math.round(oldestAgeMs / 1000)} s ago`]
      : []),
    ...(notVerified > 0 ? [`${notVerified} rows not verified: neither right nor wrong`] : []),
    ...(orphans > 0 ? [`${orphans} rows without the parent that a foreign key names`] : []),
    ...(headroom > 0 ? [`${headroom} tables whose next id the source has used: raise AUTO_INCREMENT`] : []),
    ...limits,
  ];
}

function findingsTable({ findings }: Verification): string {
  const rows = findings.map(({ table: name, key, kind, columns }) => [
    name,
    Object.values(key).join(', '),
    kind,
    columns.map((column) => `${column.name}: ${column.actual} instead of ${column.expected}`).join(', '),
  ]);
  return table(['TABLE', 'KEY', 'KIND', 'COLUMNS'], rows);
}

function unverifiedTable({ unverified }: Verification): string {
  const rows = unverified.map(({ table: name, key, reason }) => [name, Object.values(key).join(', '), reason]);
  return table(['TABLE', 'KEY', 'NOT VERIFIED'], rows);
}

function repairLines({
  dryRun,
  written,
  removed,
  settled,
  notRepaired,
  left,
}: NonNullable<UnitVerification['repair']>) {
  const verb = dryRun ? 'would be ' : '';
  const head = `${written} ${verb}written, ${removed} ${verb}removed, ${settled} right by themselves, ${notRepaired} left`;
  if (left.length === 0) return head;
  const rows = left.map(({ table: name, key, kind, reason }) => [name, Object.values(key).join(', '), kind, reason]);
  return `${head}\n${table(['TABLE', 'KEY', 'KIND', 'LEFT BECAUSE'], rows)}`;
}

function requireClean(unit: string, { wrong, orphans, headroom, repair }: UnitVerification): void {
  if (repair && !repair.dryRun && repair.notRepaired === 0 && orphans + headroom === 0) return;
  if (wrong > 0)
    throw cliErrors.error('CLI_REFUSED', { message: `${wrong} rows of ${unit} differ`, fix: 'look at the findings' });
  if (orphans + headroom === 0) return;
  const message = `${unit}: ${orphans} rows without a parent, ${headroom} tables without room for new ids`;
  throw cliErrors.error('CLI_REFUSED', { message, fix: 'look at the findings' });
}
