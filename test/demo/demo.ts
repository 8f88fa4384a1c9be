import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportText, type UnitLine } from '../../cli/index.ts';
import type { GateResult, HandoverMove, WireReport } from '../../cutover/index.ts';
import type { Verification } from '../../cdc/index.ts';
import { systemClock, waitUntil } from '../../shared/index.ts';
import { createTraffic, type Traffic } from '../../legacy/index.ts';
import { accountFor } from '../support/account.ts';
import { createOperator, type Operator } from '../support/operator.ts';
import type { World } from '../support/world.ts';
import { launch, type Launched } from './launch.ts';
import type { DemoSettings } from './settings.ts';
import type { Story } from './story.ts';

const betaUsers = Array.from({ length: 12 }, (_, i) => 11 + i);

/** What the demo measured; also its last line of JSON. */
export interface DemoResult {
  readonly requests: number;
  readonly failed: number;
  readonly staleReads: number;
  readonly acknowledgedWrites: number;
  readonly lostWrites: number;
  readonly doubledWrites: number;
  readonly mismatches: number;
  readonly verify: { readonly rows: number; readonly wrong: number };
  readonly holdMs: readonly number[];
  readonly rollbackMs: number;
  readonly stages: readonly string[];
  readonly durationS: number;
}

/** Walks one unit from legacy to owned, back, and forth again, while users keep using it. */
export class Demo {
  readonly #settings: DemoSettings;
  readonly #story: Story;
  readonly #launched: Launched;
  readonly #world: World;
  readonly #operator: Operator;
  readonly #traffic: Traffic;
  readonly #stages: string[] = ['legacy'];
  readonly #holdMs: number[] = [];
  #rollbackMs = 0;

  private constructor(settings: DemoSettings, story: Story, launched: Launched) {
    this.#settings = settings;
    this.#story = story;
    this.#launched = launched;
    this.#world = launched.world;
    this.#operator = createOperator(this.#world.env, (args) => story.command(args));
    const users = [...betaUsers, ...Array.from({ length: 60 }, (_, i) => 101 + i)];
    this.#traffic = createTraffic({
      baseUrl: launched.edgeUrl,
      users,
      requestsPerSecond: settings.requestsPerSecond,
      seed: 7,
      explain: true,
    });
  }

  static async start(settings: DemoSettings, story: Story): Promise<Demo> {
    return new Demo(settings, story, await launch(settings, story));
  }

  stop(): Promise<void> {
    return this.#launched.stop();
  }

  async tell(): Promise<DemoResult> {
    await this.#traffic.start();
    await this.#copy();
    await this.#shadow();
    await this.#canary();
    await this.#reads();
    await this.#handOver('cutover', 'the service has proven itself');
    await this.#nightlyJobIsRefused();
    await this.#flow(0.15);
    await this.#handOver('rollback', 'rehearsing the way back, with tonight’s writes in it');
    await this.#flow(0.1);
    await this.#handOver('cutover', 'for good this time');
    await this.#flow(0.1);
    return this.#close();
  }

  async #copy(): Promise<void> {
    this.#story.chapter('Stage legacy: the copy is made while users go on');
    await this.#until('the copy streams', async () => (await this.#unit()).measured.sync?.ready === true, 120_000);
    const verification = await this.#operator.run<Verification>('verify', 'trips');
    this.#story.line(
      `${verification.rows.toLocaleString('en')} rows compared through the mapping, ${verification.wrong} wrong`,
    );
  }

  async #shadow(): Promise<void> {
    this.#story.chapter('Stage shadow: reads are mirrored to the service and compared');
    await this.#move('compare the answers before anybody sees them');
    const gate = async (): Promise<string> => (await this.#gates()).find((one) => one.gate === 'shadow')?.verdict ?? '';
    await this.#until('every route is certified', async () => (await gate()) === 'pass', 60_000);
    this.#story.line(await this.#report());
  }

  /** The run so far, as a page beside the table. */
  async #report(): Promise<string> {
    const page = join(tmpdir(), 'banyan-shadow-report.html');
    const report = await this.#operator.run<WireReport>('shadow', 'report', 'trips', '--html', page);
    return `${reportText(report, false)}\nthe same with pictures: ${page}`;
  }

  async #canary(): Promise<void> {
    this.#story.chapter('Stage canary: the beta cohort first, then 1, 10, 50 and 100 % of the users');
    await this.#operator.run('cohort', 'trips', 'beta', 'add', ...betaUsers.map(String), '--reason', 'volunteers');
    for (const rung of ['beta', '1 %', '10 %', '50 %', '100 %']) {
      await this.#move(`next rung: ${rung}`);
      await this.#flow(0.07);
      this.#story.line(`answers so far: ${this.#targets()}`);
    }
  }

  async #reads(): Promise<void> {
    this.#story.chapter('Stage reads: all reads at the service; fences and the reverse stream are armed');
    await this.#move('legacy stays the fallback');
    await this.#flow(0.1);
  }

  async #handOver(direction: 'cutover' | 'rollback', reason: string): Promise<void> {
    this.#story.chapter(
      direction === 'cutover' ? 'Cutover: the rows move to the service' : 'Rollback: the rows move back',
    );
    if (direction === 'cutover') await this.#operator.run('cutover', 'trips', '--dry-run');
    const result = await this.#operator.run<HandoverMove>(direction, 'trips', '--reason', reason);
    if (result.outcome !== 'done') throw new Error(`${direction} ended as ${result.outcome}`);
    for (const { step, ms, detail } of result.steps)
      this.#story.line(`${step.padEnd(9)} ${String(Math.round(ms)).padStart(5)} ms  ${detail ?? ''}`);
    this.#story.line(`writes were held for ${Math.round(result.holdMs)} ms`);
    if (direction === 'cutover') this.#holdMs.push(Math.round(result.holdMs));
    else this.#rollbackMs = Math.round(result.holdMs);
    this.#stages.push((await this.#unit()).record.stage.name);
  }

  async #nightlyJobIsRefused(): Promise<void> {
    const { exitCode, output } = await this.#world.legacyJob('nightly');
    if (exitCode === 0) throw new Error('the nightly job wrote rows it does not own');
    this.#story.line(
      `the nightly job writes past every proxy; the database refuses it: ${output.trim().split('\n').at(-1)}`,
    );
  }

  async #close(): Promise<DemoResult> {
    this.#story.chapter('The account: every acknowledged write, exactly once, on the owner');
    const report = await this.#traffic.stop();
    await this.#until(
      'the reverse stream is level',
      async () => ((await this.#unit()).measured.lagMs ?? 1) === 0,
      10_000,
    );
    const verification = await this.#operator.run<Verification>('verify', 'trips');
    const { routes = [] } = (await this.#unit()).measured.shadow ?? {};
    const account = await accountFor(this.#traffic, this.#world, 'service');
    for (const { what } of account.findings.slice(0, 5)) this.#story.line(what);
    for (const failure of report.failures.slice(0, 5)) this.#story.line(`failed: ${JSON.stringify(failure)}`);
    for (const stale of report.stale.slice(0, 5)) this.#story.line(`stale: ${JSON.stringify(stale)}`);
    return {
      requests: report.requests,
      failed: report.failed,
      staleReads: report.staleReads,
      acknowledgedWrites: report.acknowledgedWrites,
      lostWrites: account.lostWrites,
      doubledWrites: account.doubledWrites,
      mismatches: routes.length === 0 ? -1 : routes.reduce((sum, { mismatches }) => sum + mismatches, 0),
      verify: { rows: verification.rows, wrong: verification.wrong },
      holdMs: this.#holdMs,
      rollbackMs: this.#rollbackMs,
      stages: this.#stages,
      durationS: this.#story.elapsedS(),
    };
  }

  async #move(reason: string): Promise<void> {
    await this.#operator.run('stage', 'trips', 'next', '--reason', reason);
    const { name } = (await this.#unit()).record.stage;
    if (this.#stages.at(-1) !== name) this.#stages.push(name);
  }

  async #gates(): Promise<GateResult[]> {
    return (await this.#ask<{ gates: GateResult[] }>('/v1/units/trips/gates')).gates;
  }

  async #unit(): Promise<UnitLine> {
    const { units } = await this.#ask<{ units: UnitLine[] }>('/v1/units');
    const unit = units[0];
    if (!unit) throw new Error('banyan knows no unit');
    return unit;
  }

  async #ask<T>(path: string): Promise<T> {
    const { BANYAN_CONTROL_URL: control, BANYAN_ADMIN_TOKEN: token } = this.#world.env;
    const answer = await fetch(`${control}${path}`, { headers: { authorization: `Bearer ${token}` } });
    return (await answer.json()) as T;
  }

  async #until(what: string, ready: () => Promise<boolean>, budgetMs: number): Promise<void> {
    if (!(await waitUntil(ready, { budgetMs, everyMs: 200 }))) throw new Error(`${what}: not within ${budgetMs} ms`);
  }

  /** Lets traffic flow for a share of the settings' seconds. */
  #flow(share: number): Promise<void> {
    return systemClock.sleep(this.#settings.seconds * share * 1000);
  }

  #targets(): string {
    const { targets } = this.#traffic.report();
    return Object.entries(targets)
      .map(([target, count]) => `${count} by ${target}`)
      .join(', ');
  }
}
