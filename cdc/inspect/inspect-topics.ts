import { Kafka, logLevel, type Admin } from 'kafkajs';
import { messageOf } from '../../shared/index.ts';
// Mends a timer of the client that would otherwise fire every millisecond.
import '../source/kafka/topic/kafkajs-cluster.ts';
import { topicAdvice, type ChangeTopicFacts, type TopicAdvice } from '../connector/change-topic.ts';
import { judged, type CheckItem } from './check-item.ts';

const TOPIC_RESOURCE = 2;
const MIN_RETENTION_MS = 24 * 3600 * 1000;

export interface InspectTopicsOptions extends ChangeTopicFacts {
  /** `host:port`, tried in turn. */
  readonly brokers: readonly string[];
}

/** Whether the topics of one direction keep every change, in one order, for as long as a stream may stand still. */
export async function inspectTopics(options: InspectTopicsOptions): Promise<CheckItem[]> {
  const client = new Kafka({
    clientId: 'banyan-doctor',
    brokers: [...options.brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 1 },
    connectionTimeout: 3000,
  });
  const admin = client.admin();
  try {
    await admin.connect();
    const existing = new Set(await admin.listTopics());
    const items: CheckItem[] = [];
    for (const advice of topicAdvice(options))
      items.push(...(existing.has(advice.topic) ? await inspectTopic(admin, advice) : [missing(advice)]));
    return items;
  } catch (error) {
    const fix = 'start the brokers, or correct KAFKA_BROKERS';
    const value = `unreachable (${messageOf(error)})`;
    return [
      {
        verdict: 'problem',
        subject: `brokers ${options.brokers.join(',')}`,
        value,
        expected: 'a broker that answers',
        fix,
      },
    ];
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

function missing({ topic }: TopicAdvice): CheckItem {
  return {
    verdict: 'warning',
    subject: `topic ${topic}`,
    value: 'missing',
    expected: 'one partition, made before the connector or by it',
    fix: 'create the connector; `banyan connector <unit>` prints it with the settings of its topics',
  };
}

async function inspectTopic(admin: Admin, { topic, config }: TopicAdvice): Promise<CheckItem[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics[0]?.partitions.length ?? 0;
  const subject = `topic ${topic}`;
  const onePartition = judged(partitions === 1, 'problem', {
    subject: `${subject} partitions`,
    value: String(partitions),
    expected: '1: order holds inside one partition only',
    fix: 'make the topic anew with one partition, and take a new copy',
  });
  const names = ['cleanup.policy', 'retention.ms', 'retention.bytes', 'max.message.bytes'];
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: TOPIC_RESOURCE, name: topic, configNames: names }],
  });
  const entries = new Map(resources[0]?.configEntries.map((entry) => [entry.configName, entry.configValue]));
  return [onePartition, ...names.flatMap((name) => settingOf(subject, name, entries.get(name), config[name] ?? ''))];
}

function settingOf(subject: string, name: string, value: string | undefined, advised: string): CheckItem[] {
  if (value === undefined) return [];
  const fix = `kafka-configs.sh --alter --topic ${subject.slice('topic '.length)} --add-config ${name}=${advised}`;
  const item = { subject: `${subject} ${name}`, value, fix };
  if (name === 'cleanup.policy')
    return [judged(value === 'delete', 'problem', { ...item, expected: 'delete: compaction drops changes' })];
  if (name === 'retention.ms') {
    const isLong = value === '-1' || (advised !== '-1' && Number(value) >= MIN_RETENTION_MS);
    const expected =
      advised === '-1' ? '-1: the connector needs all of it' : `-1 or at least ${MIN_RETENTION_MS}; advised ${advised}`;
    return [judged(isLong, 'problem', { ...item, expected })];
  }
  if (name === 'retention.bytes')
    return [judged(value === '-1', 'warning', { ...item, expected: '-1: a burst must not push changes out' })];
  return [
    judged(Number(value) >= Number(advised), 'warning', {
      ...item,
      expected: `at least ${advised}: one row may be so large`,
    }),
  ];
}
