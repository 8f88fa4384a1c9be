export type StreamDirection = 'forward' | 'reverse';

/** How changes lie in Kafka: all in one topic and one order, or a topic per table as Debezium does by itself. */
export type TopicMode = 'ordered' | 'per-table';

/** A topic that has to exist, with the settings it must have. */
export interface TopicAdvice {
  readonly topic: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface ChangeTopicFacts {
  readonly unit: string;
  readonly direction: StreamDirection;
  readonly mode: TopicMode;
  readonly schema: string;
  readonly tables: readonly string[];
  /** How long changes are kept; at least as long as a stream may stand still, or as the soak after a cutover. */
  readonly retentionMs?: number;
}

/** What one message may hold: a row of 16 MiB (the usual `max_allowed_packet`) twice, in base64. */
export const MAX_MESSAGE_BYTES = 48 << 20;

export const DEFAULT_RETENTION_MS = 14 * 86_400_000;

/** Rows that `banyan` writes to see a stream move; they travel through every stream. */
export const REHEARSAL = { schema: 'banyan', table: 'rehearsal' };

/**
 * The one topic that carries a unit's changes, transactions and schema changes in the order of the source's log. It is
 * the connector's name and its topic prefix, too.
 */
export function changeTopic(unit: string, direction: StreamDirection): string {
  return `banyan.${unit}.${direction}`;
}

/** The topics of a unit in per-table mode, as Debezium names them. Tables that share a topic after that share it here. */
export function perTableTopics(facts: Omit<ChangeTopicFacts, 'mode' | 'retentionMs'>): string[] {
  const prefix = changeTopic(facts.unit, facts.direction);
  const tables = facts.tables.map((table) => ({ schema: facts.schema, table }));
  const names = [...tables, REHEARSAL].map(({ schema, table }) => `${prefix}.${schema}.${table}`);
  return [...new Set([prefix, `${prefix}.transaction`, ...names].map(legalTopic))];
}

/** Where the connector keeps the schemas it has seen; only the connector reads it. */
export function schemaHistoryTopic(unit: string, direction: StreamDirection): string {
  return `${changeTopic(unit, direction)}.schema-history`;
}

/** Every topic of a unit's direction, with what it must be. */
export function topicAdvice(facts: ChangeTopicFacts): TopicAdvice[] {
  const { unit, direction, mode, retentionMs = DEFAULT_RETENTION_MS } = facts;
  const names = mode === 'ordered' ? [changeTopic(unit, direction)] : perTableTopics(facts);
  const kept = { 'cleanup.policy': 'delete', 'retention.bytes': '-1', 'max.message.bytes': String(MAX_MESSAGE_BYTES) };
  const changes = { ...kept, 'retention.ms': String(retentionMs) };
  return [
    ...names.map((topic) => ({ topic, partitions: 1, config: changes })),
    { topic: schemaHistoryTopic(unit, direction), partitions: 1, config: { ...kept, 'retention.ms': '-1' } },
  ];
}

/** Debezium writes what Kafka does not take in a name as `_`. */
function legalTopic(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]/g, '_');
}
