import { readDeclaration } from '../../cutover/index.ts';
import { OVERRIDE_COOKIE, OVERRIDE_HEADER, signOverride } from '../../edge/index.ts';
import { readSettings } from '../../shared/index.ts';
import type { ChangeFlags, Context } from '../context.ts';
import { durationOf } from '../duration.ts';
import { journalled } from '../journalled.ts';
import { overrideSettings } from '../settings.ts';
import { print } from '../terminal.ts';
import { unitOf } from '../unit-of.ts';

export interface OverrideFlags extends ChangeFlags {
  readonly side: 'legacy' | 'service';
  readonly for: string;
  readonly subject?: string;
}

/** Makes what a tester shows to have the reads of a unit answered by one side for a while. */
export async function override(context: Context, unit: string, flags: OverrideFlags): Promise<void> {
  const settings = readSettings(overrideSettings, context.env);
  unitOf(readDeclaration(settings.BANYAN_PLANS, context.env, { withDatabases: false }).units, unit);
  const { side, subject } = flags;
  const untilMs = Date.now() + durationOf(flags.for);
  const until = new Date(untilMs).toISOString();
  const detail = { side, until, ...(subject === undefined ? {} : { subject }) };
  const token = await journalled(context, unit, 'override', flags, detail, () =>
    Promise.resolve(flags.dryRun ? '' : signOverride(settings.BANYAN_EDGE_KEY, { unit, side, untilMs, subject })),
  );
  const whose = subject === undefined ? 'whoever shows it' : subject;
  const text = `reads of ${unit} come from ${side} for ${whose} until ${until}`;
  if (flags.dryRun) return print(context.output, { unit, ...detail, dryRun: true }, `dry run: ${text}`);
  const shown = [`${OVERRIDE_HEADER}: ${token}`, `Cookie: ${OVERRIDE_COOKIE}=${token}`];
  print(context.output, { unit, ...detail, token }, [text, ...shown].join('\n'));
}
