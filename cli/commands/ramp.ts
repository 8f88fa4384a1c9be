import { describeStage, type RampVerb, type RampView } from '../../cutover/index.ts';
import { controlClient, intentOf, type ChangeFlags, type Context } from '../context.ts';
import { print } from '../terminal.ts';

/** How the climb of a unit stands, after it was started, paused or resumed. */
export async function ramp(context: Context, verb: 'show' | RampVerb, unit: string, flags: ChangeFlags): Promise<void> {
  const client = controlClient(context);
  const path = `/v1/units/${encodeURIComponent(unit)}/ramp`;
  const view =
    verb === 'show'
      ? (await client.get<{ ramp: RampView }>(path)).ramp
      : (await client.post<{ result: RampView }>(path, { verb, ...intentOf(flags) })).result;
  print(context.output, view, `${flags.dryRun ? `${verb} would be possible; ` : ''}${describe(view)}`);
}

function describe({ unit, state, action, heldBy, enoughRequestsAtMs }: RampView): string {
  if (state.kind === 'off') return `${unit} has no ramp under way`;
  const waits = [
    action.do === 'wait' ? action.why : heldBy.length > 0 ? `held by ${heldBy.join('; ')}` : `due now: ${action.do}`,
    ...(action.do === 'wait' && action.untilMs !== undefined
      ? [`next step expected ${momentText(action.untilMs)}`]
      : []),
    ...(enoughRequestsAtMs === undefined ? [] : [`enough requests expected ${momentText(enoughRequestsAtMs)}`]),
  ];
  return `${unit} is ${state.kind} at ${describeStage(state.stage)} since ${momentText(state.movedMs)}\n${waits.join('\n')}`;
}

function momentText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
