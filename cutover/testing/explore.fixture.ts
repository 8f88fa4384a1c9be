import { ModelController, type Whose } from './model-controller.fixture.ts';
import { unsafe, unsettled } from './model-invariants.fixture.ts';
import { ModelWorld, type ModelEdge } from './model-world.fixture.ts';
import { quiet } from './schedule.fixture.ts';

/** How often what may happen while a handover runs. Its steps and those of everybody else interleave freely. */
export interface Bounds {
  /** Through the edges. */
  readonly writes: number;
  /** Past the edges. */
  readonly transactions: number;
  /** Calls that fail, or whose answer is lost. */
  readonly faults: number;
  /** Processes killed at a call. */
  readonly crashes: number;
  /** Further controllers, started while the first may still be at it. */
  readonly controllers: number;
  /** An edge takes up what it was told. */
  readonly lessons: number;
}

interface Choice {
  readonly label: string;
  readonly costs: Partial<Record<keyof Bounds, 1>>;
  perform(): void;
}

export interface Exploration {
  readonly runs: number;
  readonly states: number;
  readonly ends: Readonly<Record<string, number>>;
}

/** One run of a world, up to where its choices have led. */
class Run {
  readonly world: ModelWorld;
  readonly processes: ModelController[];
  readonly path: string[] = [];
  readonly left: Record<keyof Bounds, number>;
  readonly #whose: Whose;
  #problem: string | undefined;

  private constructor(whose: Whose, bounds: Bounds, world: ModelWorld, first: ModelController) {
    this.#whose = whose;
    this.world = world;
    this.left = { ...bounds };
    this.processes = [first];
    first.handOver(whose);
  }

  static async begin(whose: Whose, bounds: Bounds): Promise<Run> {
    const world = worldBefore(whose);
    return new Run(whose, bounds, world, await ModelController.started('first', world));
  }

  /** The first is what happens when nothing comes in between. */
  choices(): Choice[] {
    if (this.processes.every((process) => process.pending === undefined)) return [];
    const all = [...this.#steps(), ...this.#happenings()];
    return all.filter(({ costs }) => Object.keys(costs).every((what) => this.left[what as keyof Bounds] > 0));
  }

  async take(choice: Choice): Promise<void> {
    for (const what of Object.keys(choice.costs) as (keyof Bounds)[]) this.left[what]--;
    this.path.push(choice.label);
    choice.perform();
    await quiet();
    this.#problem ??= unsafe(this.world);
  }

  fingerprint(): string {
    const histories = this.processes.map(({ history, isDead, isDone }) => [history, isDead, isDone]);
    return `${this.world.fingerprint()}${JSON.stringify([histories, this.left])}`;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** Everybody who lives ends what they began; for those who died another one starts. Answers how it ended. */
  async end(): Promise<string> {
    const { world } = this;
    world.commitTransaction();
    await this.#finish();
    if (world.record.handover || this.processes.some(({ isDead }) => isDead)) {
      this.processes.push(new ModelController('last', world));
      this.processes.at(-1)?.start();
      await this.#finish();
    }
    world.passTime(2_000);
    for (const edge of world.edges) if (edge.inFlight) world.executeWrite(edge);
    world.poll();
    this.#problem ??= unsafe(world) ?? unsettled(world, this.#promised());
    return world.whereabouts();
  }

  async #finish(): Promise<void> {
    await quiet();
    for (let calls = 0; calls < 2_000; calls++) {
      const process = this.processes.find(({ pending }) => pending !== undefined);
      if (!process) return;
      process.goOn('ok');
      await quiet();
      this.#problem ??= unsafe(this.world);
    }
    this.#problem ??= 'somebody never ends';
  }

  /** Where the first controller says that its handover has ended. */
  #promised(): string | undefined {
    const [first] = this.processes;
    const { outcome } = (first?.result ?? {}) as { outcome?: string };
    if (first?.isDead || outcome === undefined || outcome === 'half-done') return undefined;
    const { direction, cohort } = this.#whose;
    const moved = cohort ? 'away' : 'owned';
    return (outcome === 'done') === (direction === 'cutover') ? moved : 'reads';
  }

  #steps(): Choice[] {
    return this.processes.flatMap((process) => {
      const { pending } = process;
      if (!pending) return [];
      const { name } = process;
      const label = `${name}: ${pending.label}`;
      return [
        { label, costs: {}, perform: () => process.goOn('ok') },
        ...pending.faults.map((fault) => ({
          label: `${label} ${fault}`,
          costs: { faults: 1 } as const,
          perform: () => process.goOn(fault),
        })),
        ...(pending.late
          ? [{ label: `${label} late`, costs: { faults: 1 } as const, perform: () => process.goLate() }]
          : []),
        { label: `${name} is killed`, costs: { crashes: 1 } as const, perform: () => void (process.isDead = true) },
      ];
    });
  }

  #happenings(): Choice[] {
    const { world } = this;
    const edges = world.edges.flatMap((edge, index) => this.#atEdge(edge, `edge ${index}`));
    const transaction = world.openTransaction
      ? [{ label: 'commit', costs: {}, perform: () => world.commitTransaction() }]
      : world.owners.flatMap((key) => this.#beginners(key));
    const late = world.lateFlips.length > 0 ? [{ label: 'arrive', costs: {}, perform: () => world.arrive() }] : [];
    const start = { label: 'another starts', costs: { controllers: 1 } as const, perform: () => this.#startAnother() };
    return [...edges, ...transaction, ...late, start];
  }

  #beginners(key: string): Choice[] {
    const { world } = this;
    const sides = (['legacy', 'service'] as const).filter((side) => world.admits(side, key));
    return sides.map((side) => ({
      label: `begin ${key} on ${side}`,
      costs: { transactions: 1 },
      perform: () => world.beginTransaction({ side, key }),
    }));
  }

  #atEdge(edge: ModelEdge, name: string): Choice[] {
    const { world } = this;
    const open = world.owners.filter((key) => !edge.held.includes(key));
    const write: Choice[] = edge.inFlight
      ? [{ label: `${name} writes`, costs: {}, perform: () => world.executeWrite(edge) }]
      : open.map((key) => ({
          label: `${name} admits ${key}`,
          costs: { writes: 1 },
          perform: () => world.admitWrite(edge, key),
        }));
    const lessons = edge.inbox.map((record, index) => ({
      label: `${name} learns ${record.epoch}`,
      costs: { lessons: 1 } as const,
      perform: () => world.learn(edge, index),
    }));
    return [...write, ...lessons];
  }

  #startAnother(): void {
    const next = new ModelController(`next ${this.processes.length}`, this.world);
    this.processes.push(next);
    next.start();
  }
}

/** Settled, with whoever moves where they are to move from. */
function worldBefore({ direction, cohort }: Whose): ModelWorld {
  const isAway = direction === 'rollback';
  if (!cohort) return new ModelWorld({ name: isAway ? 'owned' : 'reads' });
  const cohorts = isAway ? { [cohort.name]: cohort.keys } : undefined;
  return new ModelWorld({ name: 'reads' }, { bystanders: ['2'], cohorts });
}

/**
 * Every order of every choice within the bounds, depth first. What was reached before, with the same world, the same
 * histories and the same bounds left, is not gone through again. Throws with the path to the first problem.
 */
export async function explore(whose: Whose, bounds: Bounds): Promise<Exploration> {
  const seen = new Set<string>();
  const ends: Record<string, number> = {};
  const open: (readonly number[])[] = [[]];
  let runs = 0;
  for (let picks = open.pop(); picks; picks = open.pop()) {
    runs++;
    const run = await Run.begin(whose, bounds);
    await quiet();
    await follow(run, picks, seen, open);
    if (!run.problem && run.choices().length === 0) {
      const end = await run.end();
      ends[end] = (ends[end] ?? 0) + 1;
    }
    if (run.problem) throw new Error(`${run.problem}\n${run.path.join('\n')}`);
  }
  return { runs, states: seen.size, ends };
}

async function follow(run: Run, picks: readonly number[], seen: Set<string>, open: (readonly number[])[]) {
  const taken: number[] = [];
  for (let choices = run.choices(); choices.length > 0 && !run.problem; choices = run.choices()) {
    const given = picks[taken.length];
    if (given === undefined) {
      const key = run.fingerprint();
      if (seen.has(key)) return;
      seen.add(key);
      for (let other = choices.length - 1; other > 0; other--) open.push([...taken, other]);
    }
    const choice = choices[given ?? 0];
    if (!choice) throw new RangeError('the code does not do the same twice');
    taken.push(given ?? 0);
    await run.take(choice);
  }
}
