import {
  describeSeat,
  describeStage,
  type LeaderStanding,
  type Measurements,
  type Progress,
  type Standstill,
  type UnitRecord,
} from '../../cutover/index.ts';
import { controlClient, type Context } from '../context.ts';
import { progressText } from '../progress-text.ts';
import { print, table } from '../terminal.ts';

export interface UnitLine {
  readonly record: UnitRecord;
  readonly measured: Measurements;
  readonly killed?: boolean;
  readonly standstill?: Standstill;
}

type Leader = LeaderStanding['leader'];

interface Answer {
  readonly units: readonly UnitLine[];
  readonly leader: Leader;
  readonly progress: Progress;
}

/**
 * One line per unit: where it is, who owns its rows, how far behind the copy is and whether it was found equal; then what
 * is left of the migration.
 */
export async function status(context: Context, unit?: string): Promise<void> {
  const { units, leader, progress } = await controlClient(context).get<Answer>('/v1/units');
  const shown = units.filter((line) => unit === undefined || line.record.unit === unit);
  const text = [statusTable(shown), progressText(progress, unit), leaderLine(leader)].join('\n\n');
  print(context.output, { units: shown, leader, progress }, text);
}

function leaderLine(leader: Leader): string {
  return leader ? `${describeSeat(leader)} leads, term ${leader.term}` : 'nobody is known to lead';
}

export function statusTable(units: readonly UnitLine[]): string {
  return table(
    [
      'UNIT',
      'STAGE',
      'OWNER',
      'EPOCH',
      'SYNC',
      'LAG',
      'VERIFIED',
      'SHADOW',
      'PINNED',
      'SERVICE',
      'ENDPOINTS',
      'REVERSE',
      'FLAGS',
      'WAITING',
      'KILLED',
    ],
    units.map(({ record, measured, killed, standstill }) => [
      record.unit,
      `${stageOf(record)}${stallOf(standstill)}`,
      ownerOf(record),
      record.epoch,
      ...(record.stage.name === 'retired' ? retired(measured) : transition(measured)),
      killed ? 'yes' : 'no',
    ]),
  );
}

function stallOf(standstill: Standstill | undefined): string {
  if (!standstill?.isStalled) return '';
  return ` (stalled: unchanged for ${Math.floor(standstill.unchangedMs / 86_400_000)} d)`;
}

function stageOf({ stage, handover, brownout }: UnitRecord): string {
  if (handover) return `${describeStage(stage)} (${handover.direction} ${handover.progress})`;
  return brownout ? `${describeStage(stage)} (brownout)` : describeStage(stage);
}

/** What is between the two sides. */
function transition(measured: Measurements): string[] {
  return [
    measured.sync?.state ?? 'unknown',
    measured.lagMs === undefined ? 'unknown' : `${measured.lagMs} ms`,
    verified(measured),
    shadowOf(measured),
    pinned(measured),
    measured.health?.detail ?? 'unknown',
    endpoints(measured),
    reverse(measured),
    flagsOf(measured),
    waiting(measured),
  ];
}

/** Nothing of it is between two sides any more. */
function retired(measured: Measurements): string[] {
  const none = '-';
  const service = measured.health?.detail ?? 'unknown';
  return ['retired', none, none, none, none, service, endpoints(measured), none, flagsOf(measured), none];
}

/** The owner of the unit's rows, and the cohorts whose rows are the service's. */
function ownerOf({ owner, cohorts = {} }: UnitRecord): string {
  return [owner, ...Object.entries(cohorts).map(([name, keys]) => `${name} (${keys.length}) at service`)].join(', ');
}

function verified({ verification }: Measurements): string {
  if (!verification) return 'never';
  const { wrong, rows, ageMs, notVerified = 0, coverage = 100 } = verification;
  const seen = `${wrong} wrong of ${rows}, ${Math.round(ageMs / 60_000)} min ago`;
  const missing = [
    ...(notVerified > 0 ? [`${notVerified} not verified`] : []),
    ...(coverage < 100 ? [`${coverage} % covered`] : []),
  ];
  return [seen, ...missing].join(', ');
}

/** How the last run of mirroring stands, and how many of its routes keep it from passing. */
function shadowOf({ shadow }: Measurements): string {
  if (!shadow) return 'no run';
  const { verdict, isCurrent } = shadow;
  const routes = [...shadow.routes, ...shadow.writes];
  const open = routes.filter((route) => route.verdict === verdict).length;
  const of = verdict === 'pass' ? '' : `, ${open} of ${routes.length} routes`;
  return `${verdict}${of}${isCurrent ? '' : ', under other rules'}`;
}

function pinned({ pinned: counts }: Measurements): string {
  if (!counts) return 'unknown';
  return counts.reads === 0 ? '-' : `${((100 * counts.pinned) / counts.reads).toFixed(1)} %`;
}

function flagsOf({ flags }: Measurements): string {
  if (!flags) return 'unknown';
  return flags.isStale ? `stale, ${Math.round(flags.ageMs / 1000)} s old` : 'current';
}

/** Writes held for a handover, and users whose own write is on its way back to legacy. */
function waiting({ waits }: Measurements): string {
  if (!waits) return 'unknown';
  const who = [
    ...(waits.hold > 0 ? [`${waits.hold} held`] : []),
    ...(waits.ownWrite > 0 ? [`${waits.ownWrite} for their write`] : []),
  ];
  return who.join(', ') || 'nobody';
}

/** As the edge sees them that sees the fewest. */
function endpoints({ service }: Measurements): string {
  if (!service) return 'unknown';
  const broken = service.brokenRoutes > 0 ? `, ${service.brokenRoutes} routes broken` : '';
  return `${service.usable} of ${service.endpoints}${broken}`;
}

function reverse({ reverse: stream }: Measurements): string {
  if (!stream) return 'unknown';
  return stream.armed ? 'armed' : 'off';
}
