import type { Command } from 'commander';
import {
  shadowReport,
  shadowStart,
  shadowStatus,
  shadowStop,
  type ShadowReportFlags,
  type ShadowStartFlags,
} from './commands/shadow.ts';
import { shadowIgnore, shadowReplay, type IgnoreFlags } from './commands/shadow-rules.ts';
import type { ChangeFlags, Context } from './context.ts';

/** `banyan shadow …`: runs of mirroring. */
export function addShadowCommands(program: Command, context: () => Context): void {
  const shadow = program.command('shadow').description('runs of mirroring: the service’s answers beside legacy’s');
  shadow
    .command('start <unit>')
    .description('begin a run; one goes on at a time')
    .option('--name <name>', 'default: the time')
    .option('--for <time>', 'end it after so long, such as 30m, 2h, 7d')
    .option('--samples <number>', 'end it when every route has so many')
    .option('--rate <percent>', 'of the reads')
    .option('--route <route=percent...>', 'the share of one route, such as "GET /api/trips=10"')
    .option('--subjects <percent>', 'of the subjects, always the same ones')
    .option('--per-second <number>', 'of each route at most')
    .option('--second <percent>', 'of the mirrored reads, for which legacy is asked twice')
    .option('--seed <number>', 'to draw the same ones again')
    .option('--reason <text>', 'why; kept in the journal')
    .action((unit: string, flags: ShadowStartFlags) => shadowStart(context(), unit, flags));
  shadow
    .command('stop <unit>')
    .description('end the run that goes on; what it has seen stays')
    .option('--reason <text>', 'why; kept in the journal')
    .action((unit: string, flags: ChangeFlags) => shadowStop(context(), unit, flags));
  shadow
    .command('status <unit>')
    .description('each route: samples, mismatches, bound, verdict, what is missing and how long that takes')
    .action((unit: string) => shadowStatus(context(), unit));
  shadow
    .command('report <unit>')
    .description('what a run has found; exit code 1 when it failed')
    .option('--run <name>', 'default: the last one')
    .option('--html <file>', 'also as one page with pictures')
    .option('--values', 'with the values that the plan has kept; needs BANYAN_SHADOW_KEY')
    .action((unit: string, flags: ShadowReportFlags) => shadowReport(context(), unit, flags));
  shadow
    .command('ignore <unit> <route> <path>')
    .description('add a rule to the plan file: a difference that is meant; route as under apis, or * for all')
    .requiredOption('--rule <name>', 'such as drop, type-only, round, time, multiset, severity')
    .requiredOption('--owner <team>', 'who answers for it')
    .requiredOption('--until <day>', 'the last day it holds, 2027-01-31')
    .requiredOption('--reason <text>', 'why; in the plan and in the journal')
    .option('--set <name=value...>', 'what the rule needs besides, such as digits=2')
    .option('--dry-run', 'say what would happen, change nothing')
    .action((unit: string, route: string, path: string, flags: IgnoreFlags) =>
      shadowIgnore(context(), unit, route, path, flags),
    );
  shadow
    .command('replay <unit>')
    .description('judge a run again by the rules of the plan file as it is now, without traffic')
    .option('--run <name>', 'default: the last one')
    .action((unit: string, flags: { run?: string }) => shadowReplay(context(), unit, flags));
}
