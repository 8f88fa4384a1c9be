import type { Reload } from '../../cutover/index.ts';
import { controlClient, intentOf, type ChangeFlags, type Context } from '../context.ts';
import { print, table } from '../terminal.ts';

/** Has all edges take up the plans and edge.yaml as they are now, or says what that would change. */
export async function reload(context: Context, flags: ChangeFlags): Promise<void> {
  const body = intentOf(flags);
  const { result } = await controlClient(context).post<{ result: Reload }>('/v1/configuration/reload', body);
  print(context.output, result, describe(result));
}

const headlines: Record<Reload['outcome'], (revision: number) => string> = {
  applied: (revision) => `revision ${revision} is in force`,
  unchanged: (revision) => `nothing to change: the files say what revision ${revision} says`,
  'would-apply': (revision) => `dry run: revision ${revision} stays; the edges could take up the change`,
};

function describe({ outcome, revision, changes, edges }: Reload): string {
  const rows = edges.map(({ edge, ms, problem }) => [edge, problem ?? (ms === undefined ? 'silent' : `${ms} ms`)]);
  const told = rows.length > 0 ? [table(['EDGE', 'ANSWER'], rows)] : [];
  return [headlines[outcome](revision), ...changes.map((change) => `  ${change}`), ...told].join('\n');
}
