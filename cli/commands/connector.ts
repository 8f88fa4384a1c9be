import {
  debeziumConnector,
  maskPassword,
  passwordVariable,
  sourceKind,
  topicAdvice,
  type DebeziumConnector,
  type DebeziumConnectorFacts,
  type SourceKind,
  type StreamDirection,
  type TopicAdvice,
  type TopicMode,
} from '../../cdc/index.ts';
import { readDeclaration, type Plan } from '../../cutover/index.ts';
import { readSettings } from '../../shared/index.ts';
import type { Context } from '../context.ts';
import { connectorSettings } from '../settings.ts';
import { print } from '../terminal.ts';
import { unitOf } from '../unit-of.ts';

export interface ConnectorFlags {
  /** Both by default. */
  readonly direction?: StreamDirection;
  readonly mode: TopicMode;
  /** Asked of the source by default. */
  readonly kind?: SourceKind;
  readonly showPassword?: boolean;
}

interface Advice extends DebeziumConnector {
  readonly topics: readonly TopicAdvice[];
}

/** Prints the Debezium connectors of a unit and the topics they need. Creates nothing. */
export async function connector(context: Context, unit: string, flags: ConnectorFlags): Promise<void> {
  const settings = readSettings(connectorSettings, context.env);
  const { plan } = unitOf(readDeclaration(settings.BANYAN_PLANS, context.env).units, unit);
  const directions = flags.direction === undefined ? (['forward', 'reverse'] as const) : [flags.direction];
  const facts = directions.map((direction) => factsOf(plan, direction, flags.mode, settings));
  const connectors = await Promise.all(facts.map((known) => adviseOn(known, flags)));
  const text = connectors.map((advice) => describe(advice, settings.KAFKA_BROKERS)).join('\n\n');
  print(context.output, { unit, mode: flags.mode, connectors }, text);
}

type Facts = Omit<DebeziumConnectorFacts, 'kind'>;

function factsOf(
  plan: Plan,
  direction: StreamDirection,
  mode: TopicMode,
  settings: { readonly LEGACY_DATABASE_URL: string; readonly KAFKA_BROKERS: string },
): Facts {
  const common = { unit: plan.unit, direction, mode, bootstrap: settings.KAFKA_BROKERS };
  return direction === 'forward'
    ? { ...common, databaseUrl: settings.LEGACY_DATABASE_URL, ...plan.dataOwnership.legacy }
    : { ...common, databaseUrl: plan.service.database, ...plan.dataOwnership.service };
}

async function adviseOn(facts: Facts, flags: ConnectorFlags): Promise<Advice> {
  const kind = flags.kind ?? (await sourceKind(facts.databaseUrl));
  const made = debeziumConnector({ ...facts, kind });
  return { ...(flags.showPassword === true ? made : maskPassword(made)), topics: topicAdvice(facts) };
}

function describe({ name, config, topics }: Advice, bootstrap: string): string {
  const isMasked = config['database.password']?.startsWith('${env:') ?? false;
  const lines = [
    `# ${name}: PUT /connectors/${name}/config`,
    ...(isMasked ? [`# The worker reads the password from ${passwordVariable(name)}: config.providers=env`] : []),
    JSON.stringify(config, null, 2),
    '# Topics, made before the connector; keep changes at least as long as the soak after a cutover:',
    ...topics.map((topic) => createCommand(topic, bootstrap)),
  ];
  return lines.join('\n');
}

function createCommand({ topic, partitions, config }: TopicAdvice, bootstrap: string): string {
  const settings = Object.entries(config).map(([key, value]) => ` --config ${key}=${value}`);
  return `kafka-topics.sh --bootstrap-server ${bootstrap} --create --topic ${topic} --partitions ${partitions}${settings.join('')}`;
}
