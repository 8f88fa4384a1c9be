import { startDistributed } from '../support/distributed.ts';
import { joinPipeline, startPipeline, type Pipeline } from '../support/pipeline.ts';
import { startProgram } from '../support/program.ts';
import { startWorld, type World } from '../support/world.ts';
import type { DemoSettings } from './settings.ts';
import type { Story } from './story.ts';

/** A world with banyan in front of it. */
export interface Launched {
  readonly world: World;
  readonly edgeUrl: string;
  stop(): Promise<void>;
}

export async function launch(settings: DemoSettings, story: Story): Promise<Launched> {
  story.chapter('The world: a monolith in production, and a new service with an empty database');
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).toReversed()) await one();
  };
  try {
    const [world, pipeline] = await bothOrNeither(
      startWorld({ size: settings.size, onStep: (text) => story.line(text) }),
      settings.distributed ? startPipeline() : Promise.resolve(undefined),
    );
    stops.push(() => world.stop());
    if (pipeline) stops.push(() => pipeline.stop());
    const banyan = pipeline ? await launchDistributed(world, pipeline, story) : await launchUp(world, story);
    stops.push(() => banyan.stop());
    return { world, edgeUrl: banyan.edgeUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Running {
  readonly edgeUrl: string;
  stop(): Promise<void>;
}

async function launchUp(world: World, story: Story): Promise<Running> {
  const banyan = await startProgram({
    args: ['cli/banyan.mjs', '--json', 'up'],
    env: world.env,
    readyWhen: /"edge":"([^"]+)"/,
  });
  story.line(`banyan up: every request now enters at ${banyan.ready}`);
  return { edgeUrl: banyan.ready, stop: () => banyan.stop() };
}

async function launchDistributed(world: World, pipeline: Pipeline, story: Story): Promise<Running> {
  const { kafka, connect } = pipeline;
  story.line(`Apache Kafka ${kafka.version} and Kafka Connect with Debezium ${connect.version}`);
  const settings = await joinPipeline(pipeline, world, (args) => story.command(args));
  story.line('two connectors follow the two logs, a topic each');
  const banyan = await startDistributed(world, settings);
  story.line(`banyan sync, banyan control, banyan edge: every request now enters at ${banyan.edgeUrl}`);
  return banyan;
}

/** Waits for both; when one fails, the other is ended again. */
async function bothOrNeither<A extends Stoppable, B extends Stoppable | undefined>(
  a: Promise<A>,
  b: Promise<B>,
): Promise<[A, B]> {
  const ended = await Promise.allSettled([a, b]);
  const [first, second] = ended;
  if (first.status === 'fulfilled' && second.status === 'fulfilled') return [first.value, second.value];
  for (const one of ended) if (one.status === 'fulfilled') await one.value?.stop();
  throw ended.find((one) => one.status === 'rejected')?.reason;
}

interface Stoppable {
  stop(): Promise<void>;
}
