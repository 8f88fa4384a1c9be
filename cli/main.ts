import { Command, CommanderError, Option } from 'commander';
import { KEY_ALGORITHMS, type KeyAlgorithm } from '../edge/index.ts';
import { isBanyanError, messageOf } from '../shared/index.ts';
import { approvedSteps, brownoutVerbs, rampVerbs } from '../cutover/index.ts';
import { approve, approverKey, type ApproveFlags } from './commands/approve.ts';
import { brownout } from './commands/brownout.ts';
import { callers } from './commands/callers.ts';
import { cohort, cohortVerbs } from './commands/cohort.ts';
import { connector, type ConnectorFlags } from './commands/connector.ts';
import { control } from './commands/control.ts';
import { doctor } from './commands/doctor.ts';
import { edge } from './commands/edge.ts';
import { flagsCheck, flagsCreate } from './commands/flags.ts';
import { edges, forgetEdge } from './commands/edges.ts';
import { handOver } from './commands/hand-over.ts';
import { rotateIdentityKey } from './commands/identity-key.ts';
import { journal, type JournalFlags } from './commands/journal.ts';
import { record, type RecordFlags } from './commands/record.ts';
import { replay, type ReplayFlags } from './commands/replay.ts';
import { kill, type KillFlags } from './commands/kill.ts';
import { kpi, type KpiFlags } from './commands/kpi.ts';
import { mappingCheck } from './commands/mapping.ts';
import { override, type OverrideFlags } from './commands/override.ts';
import { parked, parkedVerbs } from './commands/parked.ts';
import { ramp } from './commands/ramp.ts';
import { rehearse, type RehearseFlags } from './commands/rehearse.ts';
import { reload } from './commands/reload.ts';
import { retire, type RetireFlags } from './commands/retire.ts';
import { resume } from './commands/resume.ts';
import { schema } from './commands/schema.ts';
import { stackUp } from './commands/stack.ts';
import { stage } from './commands/stage.ts';
import { status } from './commands/status.ts';
import { sync } from './commands/sync.ts';
import { up } from './commands/up.ts';
import { verify, type VerifyFlags } from './commands/verify.ts';
import type { ChangeFlags, Context } from './context.ts';
import { usageCodes } from './errors.ts';
import { addShadowCommands } from './shadow-commands.ts';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

/** How long what is under way may take to end after a fault nobody caught. */
const LAST_MS = 15_000;

/** Nobody knows what such a fault has left behind: what is under way may end, then the process does, to be started anew. */
process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack ?? messageOf(error)}\n`);
  process.exitCode = 1;
  interrupted.abort();
  setTimeout(() => process.exit(1), LAST_MS).unref();
});

const program = new Command('banyan')
  .description('Moves a monolith to services one endpoint and one group of users at a time, and back.')
  .option('--json', 'print one line of JSON for scripts')
  .exitOverride()
  .showHelpAfterError('(see banyan --help)');

function context(): Context {
  const json = program.opts<{ json?: boolean }>().json ?? false;
  return { output: { json, stream: process.stdout }, env: process.env, signal: interrupted.signal };
}

/** A command that changes something: it wants a reason and can be tried without effect. */
function changing(command: Command): Command {
  return command
    .option('--reason <text>', 'why; kept in the journal')
    .option('--dry-run', 'say what would happen, change nothing');
}

/** The same, where links to what the decision rests on are kept in the journal too. */
function deciding(command: Command): Command {
  return changing(command).option('--evidence <links...>', 'tickets and reports; kept in the journal');
}

program
  .command('up')
  .description('run edge, sync and control in one process')
  .action(() => up(context()));
program
  .command('sync')
  .description('run the streams between the databases as a process of its own')
  .action(() => sync(context()));
program
  .command('control')
  .description('run the controller as a process of its own')
  .action(() => control(context()));
program
  .command('edge')
  .description('run one edge as a process of its own')
  .action(() => edge(context()));
program
  .command('doctor [unit]')
  .description('check everything a run needs, before anything is changed')
  .option('--all', 'show what is right as well')
  .action((unit: string | undefined, flags: { all?: boolean }) => doctor(context(), unit, flags));
program
  .command('status [unit]')
  .description('where every unit is')
  .action((unit?: string) => status(context(), unit));
deciding(program.command('stage <unit> [to]'))
  .description('show the gates of the next step, or move: next, legacy, shadow, canary, reads')
  .option('--rung <number>', 'rung of the ladder, with canary')
  .action((unit: string, to: string | undefined, flags: ChangeFlags & { rung?: string }) =>
    stage(context(), unit, to, flags),
  );
deciding(program.command('ramp <verb> <unit>'))
  .description('show, start, pause or resume the climb up the ladder by the schedule of the plan')
  .action((verb: string, unit: string, flags: ChangeFlags) => {
    const known = (['show', ...rampVerbs] as const).find((name) => name === verb);
    const expected = ['show', ...rampVerbs].join(', ');
    if (!known) throw new CommanderError(2, 'banyan.verb', `error: "${verb}" is no verb of ramp; expected ${expected}`);
    return ramp(context(), known, unit, flags);
  });
addShadowCommands(program, context);
changing(program.command('cohort <unit> <name> <verb> [ids...]'))
  .description('list, add or remove members of a cohort; move the ownership of their rows to the service, or return it')
  .action((unit: string, name: string, verb: string, ids: string[], flags: ChangeFlags) => {
    const known = cohortVerbs.find((name) => name === verb);
    const expected = cohortVerbs.join(', ');
    if (!known)
      throw new CommanderError(2, 'banyan.verb', `error: "${verb}" is no verb of cohort; expected ${expected}`);
    return cohort(context(), unit, name, known, ids, flags);
  });
changing(program.command('kill [unit]'))
  .description('send all reads to legacy at once, while legacy owns the rows')
  .option('--all', 'every unit there is')
  .option('--undo', 'let the flags decide again')
  .option('--shadow-writes', 'only the copies of writes that services are shown')
  .action((unit: string | undefined, flags: KillFlags) => kill(context(), unit, flags));
program
  .command('record <unit>')
  .description('keep requests of a unit as they go by, masked, in a file')
  .option('--to <file>', 'a new file of JSON lines', 'recording.jsonl')
  .option('--for <time>', 'such as 10m, 1h', '10m')
  .option('--share <share>', 'of the users, above 0 to 1', '0.1')
  .option('--keep <places...>', 'what is not masked: $.fare, query.status, path.name')
  .option('--har <file>', 'write it as HAR 1.2 as well')
  .action((unit: string, flags: RecordFlags) => record(context(), unit, flags));
program
  .command('replay <file>')
  .description('send a recording to both sides and compare the answers')
  .option('--speed <factor>', '2 is twice as fast as recorded, max without pauses', '1')
  .option('--sessions <file>', 'JSON that says who the recorded sessions are')
  .option('--writes', 'send writes as well, to the disposable copies of the plan')
  .option('--choose <numbers>', 'requests to export, from 1, with commas')
  .option('--jest <file>', 'write those as tests for Jest and supertest')
  .option('--pact <file>', 'write those as a Pact contract, version 3')
  .action((file: string, flags: ReplayFlags) => replay(context(), file, flags));
program
  .command('callers <unit>')
  .description('who writes the tables of legacy without coming through an edge: cron jobs, scripts, other applications')
  .action((unit: string) => callers(context(), unit));
changing(program.command('override <unit>'))
  .description('print what a tester shows to have reads answered by one side; from stage shadow on')
  .addOption(new Option('--side <side>', 'legacy or service').choices(['legacy', 'service']).default('service'))
  .option('--for <time>', 'such as 30m, 1h, 2d', '1h')
  .option('--subject <id>', 'good for this subject only, as in a cohort')
  .action((unit: string, flags: OverrideFlags) => override(context(), unit, flags));
program
  .command('identity-key')
  .description('the private keys that sign what services are told of users')
  .command('rotate')
  .description('add one to the file BANYAN_IDENTITY_KEYS, or make it; it signs ten minutes later')
  .addOption(new Option('--alg <algorithm>').choices(KEY_ALGORITHMS).default('EdDSA'))
  .action((flags: { alg: KeyAlgorithm }) => rotateIdentityKey(context(), flags));
const flagCommands = program.command('flags').description('the flags the plans need, in the flag file or in Unleash');
flagCommands
  .command('check [unit]')
  .description('hold them against the plans; exit code 1 when something is different')
  .action((unit?: string) => flagsCheck(context(), unit));
changing(flagCommands.command('create <unit>'))
  .description('make those that are missing: the gate on, the cohorts empty')
  .action((unit: string, flags: ChangeFlags) => flagsCreate(context(), unit, flags));
deciding(program.command('resume <unit>'))
  .description('start stopped streams again where they stand')
  .option('--fresh-copy', 'throw the copy away and take a new one; at stage legacy or shadow')
  .action((unit: string, flags: ChangeFlags & { freshCopy?: boolean }) => resume(context(), unit, flags));
deciding(program.command('reload'))
  .description('have all edges take up the plans and edge.yaml as they are now, without a restart')
  .action((flags: ChangeFlags) => reload(context(), flags));
changing(program.command('verify <unit>'))
  .description('compare both sides through the mapping: all rows at one exact position, or row by row while both work')
  .option('--direction <which>', 'forward or reverse; default: from the owner')
  .option('--resume', 'go on where an interrupted run ended')
  .option('--continuous', 'pass after pass without a long view, until Ctrl-C or --passes')
  .option('--passes <number>', 'how many passes, with --continuous')
  .option('--max-rows-per-s <number>', 'read no faster than this')
  .option('--max-view-s <seconds>', 'how long one view of the databases may stay open; default: 600')
  .option('--repair', 'afterwards make wrong rows of the copy right; needs --reason')
  .action((unit: string, flags: VerifyFlags) => verify(context(), unit, flags));
program
  .command('mapping')
  .description('what a unit’s mapping does with the rows that are there')
  .command('check <unit>')
  .description('send every row there and back, count what does not hold; exit code 1 on problems')
  .option('--direction <which>', 'forward: legacy’s rows; reverse: the service’s, those born there among them')
  .option('--sample <rows>', 'about so many rows of each table, from both ends of its key')
  .option('--full', 'every row; the default')
  .action((unit: string, flags: { direction?: string; sample?: string; full?: boolean }) =>
    mappingCheck(context(), unit, mappingFlags(flags)),
  );
program
  .command('schema <unit>')
  .description('what changed in the tables since the mapping was written, and the lines of the mapping it touches')
  .action((unit: string) => schema(context(), unit));
changing(program.command('parked <verb> <unit> [id]'))
  .description('list, show, replay or drop changes that the other side refused, and messages nobody can read')
  .option('--unmask', 'show contents as they are; journalled')
  .action((verb: string, unit: string, id: string | undefined, flags: ChangeFlags & { unmask?: boolean }) => {
    const known = parkedVerbs.find((name) => name === verb);
    const expected = parkedVerbs.join(', ');
    if (!known)
      throw new CommanderError(2, 'banyan.verb', `error: "${verb}" is no verb of parked; expected ${expected}`);
    return parked(context(), known, unit, id, flags);
  });
program
  .command('rehearse <unit>')
  .description('try all that a cutover and its rollback rest on, with the real rows, and move nothing')
  .option('--reason <text>', 'why; kept in the journal')
  .option('--out <file>', 'write the report as Markdown, for a change ticket')
  .action((unit: string, flags: RehearseFlags) => rehearse(context(), unit, flags));
deciding(program.command('cutover <unit>'))
  .description('move the ownership of the rows to the service')
  .action((unit: string, flags: ChangeFlags) => handOver(context(), unit, 'cutover', flags));
deciding(program.command('rollback <unit>'))
  .description('move the ownership of the rows back to legacy')
  .action((unit: string, flags: ChangeFlags) => handOver(context(), unit, 'rollback', flags));
changing(program.command('brownout <verb> <unit>'))
  .description('show, start or stop treating worse, for a time, whoever still needs legacy for a unit')
  .action((verb: string, unit: string, flags: ChangeFlags) => {
    const known = (['show', ...brownoutVerbs] as const).find((name) => name === verb);
    const expected = ['show', ...brownoutVerbs].join(', ');
    if (!known)
      throw new CommanderError(2, 'banyan.verb', `error: "${verb}" is no verb of brownout; expected ${expected}`);
    return brownout(context(), known, unit, flags);
  });
deciding(program.command('retire <unit>'))
  .description('give the way back to legacy up: streams, fences and bookkeeping of the unit go, for good')
  .option('--yes-drop-the-way-back', 'there is no rollback from there; without this word nothing happens')
  .action((unit: string, flags: RetireFlags) => retire(context(), unit, flags));
program
  .command('connector <unit>')
  .description('print the Debezium connectors of a unit and the topics they need')
  .addOption(new Option('--direction <which>', 'default: both').choices(['forward', 'reverse']))
  .addOption(
    new Option('--mode <mode>', 'one topic in the order of the log, or one per table')
      .choices(['ordered', 'per-table'])
      .default('ordered'),
  )
  .addOption(new Option('--kind <server>', 'default: as the source says').choices(['mariadb', 'mysql']))
  .option('--show-password', 'print the password instead of the name of a variable')
  .action((unit: string, flags: ConnectorFlags) => connector(context(), unit, flags));
changing(program.command('approve <unit> <step>'))
  .description(`sign, as an approver of the plan, that a step may be done: ${approvedSteps.join(', ')}`)
  .requiredOption('--key <file>', 'your private key')
  .option('--for <time>', 'how long it counts, such as 2h; default: as long as the plan lets it')
  .option('--plan <file>', 'the plan file you looked at; refused when another one is in force')
  .action((unit: string, step: string, flags: ApproveFlags) => {
    const known = approvedSteps.find((name) => name === step);
    const expected = approvedSteps.join(', ');
    if (!known) throw new CommanderError(2, 'banyan.verb', `error: "${step}" cannot be approved; expected ${expected}`);
    return approve(context(), unit, known, flags);
  });
program
  .command('approver-key <file>')
  .description('make the private key of an approver, and print what belongs into plans')
  .action((path: string) => approverKey(context(), path));
program
  .command('journal [unit]')
  .description('who changed what, when and why; or all of it for a file, or checked line by line')
  .option('--limit <number>', 'how many lines', '50')
  .option('--export', 'every line as JSON, oldest first, and where it ends')
  .option('--verify', 'say which line is the first that does not hold; exit code 1')
  .option('--file <path>', 'with --verify: an export instead of the control database')
  .option('--expect <id:hash>', 'with --verify: a line noted earlier, which must still be there')
  .action((unit: string | undefined, flags: JournalFlags) => journal(context(), unit, flags));
program
  .command('kpi [unit]')
  .description('how often, how fast and how well units were moved, and how each side of each route does')
  .option('--days <number>', 'the period, up to --until', '30')
  .option('--until <time>', 'such as 2026-11-21T00:00Z; default: now')
  .option('--file <path>', 'an export of the journal instead of the control database')
  .option('--metrics <files...>', 'what /metrics of the edges answered, instead of asking them')
  .action((unit: string | undefined, flags: KpiFlags) => kpi(context(), unit, flags));
const edgesCommand = program
  .command('edges')
  .description('the edges that may be carrying requests, and how long a silent one has been so')
  .action(() => edges(context()));
edgesCommand
  .command('forget <name>')
  .description('say that a silent edge is gone: it carries no request any more and will not come back')
  .option('--reason <text>', 'why; kept in the journal')
  .action((name: string, flags: { reason?: string }) => forgetEdge(context(), name, flags));
program
  .command('stack')
  .description('servers to try things with, without Docker')
  .command('up [servers...]')
  .description('start them and keep them until Ctrl-C')
  .action((names: string[]) => stackUp(context(), names));

function mappingFlags({
  direction = 'forward',
  sample,
  full,
}: {
  direction?: string;
  sample?: string;
  full?: boolean;
}) {
  if (direction !== 'forward' && direction !== 'reverse')
    throw new CommanderError(2, 'banyan.verb', `error: --direction ${direction}; expected forward or reverse`);
  if (sample === undefined || full) return { direction } as const;
  if (!/^[1-9]\d*$/.test(sample))
    throw new CommanderError(2, 'banyan.verb', `error: --sample ${sample}; expected a number of rows`);
  return { direction, sample: Number(sample) } as const;
}

/** 0 done, 1 failed or refused, 2 wrong usage. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return isBanyanError(error) && usageCodes.has(error.code) ? 2 : 1;
}

function report(error: unknown): void {
  if (error instanceof CommanderError) {
    if (error.code === 'banyan.verb') process.stderr.write(`${error.message}\n`);
    return;
  }
  const fact = isBanyanError(error) ? `${error.code}: ${error.message}\nFix: ${error.fix}` : messageOf(error);
  process.stderr.write(`${fact}\n`);
}

try {
  await program.parseAsync();
} catch (error) {
  report(error);
  process.exitCode = exitCodeOf(error);
}
