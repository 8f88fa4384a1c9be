import {
  judgeRun,
  parseDeclaration,
  planWithRule,
  readDeclaration,
  rejudge,
  type Rejudged,
  type WireReport,
} from '../../cutover/index.ts';
import type { ComparisonRule } from '../../edge/index.ts';
import { readSettings, replaceFile } from '../../shared/index.ts';
import { controlClient, type ChangeFlags, type Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { journalled } from '../journalled.ts';
import { planSettings } from '../settings.ts';
import { routesTable } from '../shadow-report/report-text.ts';
import { print } from '../terminal.ts';
import { unitOf } from '../unit-of.ts';

export interface IgnoreFlags extends ChangeFlags {
  readonly rule: string;
  readonly owner: string;
  readonly until: string;
  readonly set?: readonly string[];
}

/** Adds a rule of comparison to the plan file. Whatever would not be a plan any more is not written. */
export async function shadowIgnore(
  context: Context,
  unit: string,
  route: string,
  path: string,
  flags: IgnoreFlags,
): Promise<void> {
  const { BANYAN_PLANS: folder } = readSettings(planSettings, context.env);
  const declaration = readDeclaration(folder, context.env, { withDatabases: false });
  const { file } = unitOf(declaration.units, unit);
  const rule = ruleOf(route, path, flags);
  const files = declaration.files.map((one) =>
    file.endsWith(one.name) ? { ...one, text: planWithRule(one.text, rule) } : one,
  );
  parseDeclaration(files, context.env, { folder, withDatabases: false });
  const text = files.find(({ name }) => file.endsWith(name))?.text ?? '';
  const detail = { path, rule: flags.rule, route, until: flags.until };
  await journalled(context, unit, 'shadow-ignore', flags, detail, async () => {
    if (!flags.dryRun) await replaceFile(file, text);
  });
  const told = `${flags.rule} at ${path} of ${route} until ${flags.until}`;
  print(
    context.output,
    { file, rule },
    `${file}: ${flags.dryRun ? 'would get' : 'has'} ${told}; banyan reload brings it`,
  );
}

function ruleOf(
  route: string,
  path: string,
  { rule, owner, until, reason = '', set = [] }: IgnoreFlags,
): ComparisonRule {
  const more = Object.fromEntries(set.map(settingOf));
  const facts = { path, ...(route !== '*' && { route }), owner, reason, expires: until };
  return { rule, ...more, ...facts } as ComparisonRule; // The plan's schema says whether it is one.
}

/** `digits=2`, `key=id`. */
function settingOf(text: string): [string, string | number] {
  const [, name, value = ''] = /^(\w+)=(.*)$/.exec(text) ?? [];
  if (!name)
    throw cliErrors.error('CLI_USAGE', { message: `--set is "${text}"; expected a name and a value, digits=2` });
  return [name, value !== '' && !Number.isNaN(Number(value)) ? Number(value) : value];
}

/** Judges what a run has counted by the rules of the plan file as it is now, without a request to anybody. */
export async function shadowReplay(context: Context, unit: string, flags: { readonly run?: string }): Promise<void> {
  const { BANYAN_PLANS: folder } = readSettings(planSettings, context.env);
  const { plan } = unitOf(readDeclaration(folder, context.env, { withDatabases: false }).units, unit);
  const query = flags.run === undefined ? '' : `?run=${encodeURIComponent(flags.run)}`;
  const path = `/v1/units/${encodeURIComponent(unit)}/shadow/report${query}`;
  const { report } = await controlClient(context).get<{ report: WireReport }>(path);
  const rejudged = report.seen.map((seen) => ({
    seen,
    ...rejudge(seen.counts, plan.comparison?.rules ?? [], Date.now()),
  }));
  const routes = new Map(rejudged.map(({ seen, counts }) => [counts.route, { ...seen, counts }]));
  const writes = new Map(report.writes.map((write) => [write.route, write]));
  const verdict = judgeRun(plan, { routes, writes });
  const undecided = rejudged.flatMap(undecidedOf);
  const text = [
    `run ${report.run.name} by the rules of now: ${verdict.verdict} (it was ${report.verdict})`,
    routesTable(verdict.routes, [...routes.values()]),
    ...(undecided.length > 0 ? [`only new reads can tell, for values are not kept: ${undecided.join(', ')}`] : []),
  ];
  print(context.output, { run: report.run.name, before: report.verdict, ...verdict, undecided }, text.join('\n\n'));
}

function undecidedOf({ counts, undecided }: Rejudged): string[] {
  return undecided.map((path) => `${counts.route} ${path}`);
}
