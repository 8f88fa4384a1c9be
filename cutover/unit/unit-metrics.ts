import { Gauge, type Registry } from '../../shared/index.ts';
import type { MeasuredVerification } from '../judgement/gates.ts';
import { sharedReading } from './shared-reading.ts';
import type { UnitOverview } from './unit-overview.ts';

const ofVerification = {
  age_seconds: 'How long ago the first of the rows looked at was looked at.',
  coverage_ratio: 'Share of the rows that was looked at.',
  rows: 'Rows that were looked at.',
  wrong_rows: 'Rows found wrong.',
  not_verified_rows: 'Rows of which nothing is known.',
} as const;

const help = {
  epoch: 'Grows with every change of the unit.',
  owner: 'One for the side that may write the rows of the unit.',
  stage: 'One for the stage the unit is at.',
  unchanged: 'How long ago the unit was changed last.',
  stalled: 'One while the unit has stood where it is for longer than its plan allows.',
  waiting: 'Requests that wait at the edges: for the end of a hold, or for the own write of their subject.',
};

/**
 * Publishes as `banyan_unit_*` where every unit is and what its last verifications found: the numbers of `banyan
 * status`. Read when somebody asks; what nobody can tell is absent, never zero.
 */
export function registerUnitMetrics(registry: Registry, read: () => Promise<readonly UnitOverview[]>): void {
  const metrics = new UnitMetrics(registry, async () => {
    for (const overview of await read().catch(() => [])) metrics.show(overview);
  });
}

class UnitMetrics {
  readonly #gauges = new Map<string, Gauge>();
  readonly #registry: Registry;
  readonly #once: () => Promise<void>;

  constructor(registry: Registry, read: () => Promise<void>) {
    this.#registry = registry;
    this.#once = sharedReading(() => {
      for (const gauge of this.#gauges.values()) gauge.reset();
      return read();
    });
    this.#add('epoch', help.epoch, ['unit']);
    this.#add('owner', help.owner, ['unit', 'owner']);
    this.#add('stage', help.stage, ['unit', 'stage']);
    this.#add('unchanged_seconds', help.unchanged, ['unit']);
    this.#add('stalled', help.stalled, ['unit']);
    this.#add('waiting_requests', help.waiting, ['unit', 'reason']);
    for (const [name, text] of Object.entries(ofVerification))
      this.#add(`verification_${name}`, text, ['unit', 'direction']);
  }

  show({ record, verified, waits, standstill }: UnitOverview): void {
    const { unit, epoch, owner, stage } = record;
    this.#set('epoch', { unit }, epoch);
    for (const side of ['legacy', 'service']) this.#set('owner', { unit, owner: side }, side === owner ? 1 : 0);
    this.#set('stage', { unit, stage: stage.name }, 1);
    if (standstill) this.#set('unchanged_seconds', { unit }, standstill.unchangedMs / 1000);
    if (standstill) this.#set('stalled', { unit }, standstill.isStalled ? 1 : 0);
    if (waits) this.#set('waiting_requests', { unit, reason: 'hold' }, waits.hold);
    if (waits) this.#set('waiting_requests', { unit, reason: 'own-write' }, waits.ownWrite);
    for (const [direction, found] of Object.entries(verified))
      for (const [name, value] of Object.entries(valuesOf(found)))
        this.#set(`verification_${name}`, { unit, direction }, value);
  }

  #add(name: string, text: string, labelNames: string[]): void {
    const shared = { registers: [this.#registry], collect: () => this.#once() };
    this.#gauges.set(name, new Gauge({ ...shared, name: `banyan_unit_${name}`, help: text, labelNames }));
  }

  #set(name: string, labels: Readonly<Record<string, string>>, value: number): void {
    this.#gauges.get(name)?.set(labels, value);
  }
}

function valuesOf(found: MeasuredVerification): Readonly<Record<keyof typeof ofVerification, number>> {
  const { ageMs, coverage = 100, rows, wrong, notVerified = 0 } = found;
  return {
    age_seconds: ageMs / 1000,
    coverage_ratio: coverage / 100,
    rows,
    wrong_rows: wrong,
    not_verified_rows: notVerified,
  };
}
