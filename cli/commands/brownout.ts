import type { BrownoutVerb, BrownoutView } from '../../cutover/index.ts';
import { controlClient, intentOf, type ChangeFlags, type Context } from '../context.ts';
import { print } from '../terminal.ts';

/** How whoever still needs legacy for a unit is treated, after the brownout was started or stopped. */
export async function brownout(
  context: Context,
  verb: 'show' | BrownoutVerb,
  unit: string,
  flags: ChangeFlags,
): Promise<void> {
  const client = controlClient(context);
  const path = `/v1/units/${encodeURIComponent(unit)}/brownout`;
  const view =
    verb === 'show'
      ? (await client.get<{ brownout: BrownoutView }>(path)).brownout
      : (await client.post<{ result: BrownoutView }>(path, { verb, ...intentOf(flags) })).result;
  print(context.output, view, describe(view));
}

function describe({ unit, now, steps }: BrownoutView): string {
  const lines = steps.map(({ slowMs, status, minutes }, i) => {
    const what = status === undefined ? `${slowMs ?? 0} ms slower` : `answered ${status}`;
    return `${i === now?.step ? '>' : ' '} ${minutes} min: ${what}`;
  });
  const since = now && new Date(now.startedMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const head = since ? `brownout of ${unit} since ${since}` : `${unit} has no brownout under way; its steps would be`;
  return [head, ...lines].join('\n');
}
