import type Cluster from 'kafkajs/src/cluster/index.js';
import type { Broker } from 'kafkajs/src/cluster/index.js';
import fetchRequests from 'kafkajs/src/protocol/requests/fetch/index.js';
import { cdcErrors } from '../../../errors.ts';
import { readFetchResponse, type FetchAnswer } from './fetch-response.ts';
import type { BrokerOptions } from './broker-options.ts';
import { createCluster, READ_COMMITTED } from './kafkajs-cluster.ts';
import type { FetchRequest, FetchedPartition, Place, TopicFacts, TopicLog } from './topic-log.ts';

const FETCH_KEY = 1;
const FETCH_VERSION = 11;
const TOPIC_RESOURCE = 2;

/** Connects to the brokers. The connection serves until its first error; whoever reads then opens another. */
export async function openKafkaJsTopicLog(options: BrokerOptions): Promise<TopicLog> {
  const { cluster, close } = createCluster(options);
  try {
    await cluster.connect();
  } catch (error) {
    close();
    throw error;
  }
  return {
    describe: (topic) => describeTopic(cluster, topic),
    bounds: (place) => readBounds(cluster, place),
    fetch: (requests, limits) => fetchRecords(cluster, requests, limits),
    groupByLeader: async (places) => {
      const groups = Map.groupBy(places, (place) => leaderOf(cluster, place));
      return [...groups.values()];
    },
    close,
  };
}

async function describeTopic(cluster: Cluster, topic: string): Promise<TopicFacts> {
  try {
    await cluster.addTargetTopic(topic);
  } catch (error) {
    if (typeOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
    throw cdcErrors.error('CDC_TOPIC_UNUSABLE', {
      message: `the topic ${topic} does not exist`,
      fix: 'start the connector that writes it; `banyan connector <unit>` prints its settings',
      cause: error,
    });
  }
  const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
  const cleanupPolicy = await readCleanupPolicy(cluster, topic);
  return { partitions, ...(cleanupPolicy !== undefined && { cleanupPolicy }) };
}

/** An account that may read a topic may still not see its settings; that is no reason to refuse it. */
async function readCleanupPolicy(cluster: Cluster, topic: string): Promise<string | undefined> {
  try {
    const broker = await cluster.findControllerBroker();
    const resources = [{ type: TOPIC_RESOURCE, name: topic, configNames: ['cleanup.policy'] }];
    const answer = await broker.describeConfigs({ resources });
    return answer.resources[0]?.configEntries.find(({ configName }) => configName === 'cleanup.policy')?.configValue;
  } catch {
    return undefined;
  }
}

async function readBounds(cluster: Cluster, { topic, partition }: Place): Promise<{ low: number; end: number }> {
  const ask = async (fromBeginning: boolean): Promise<number> => {
    const [answer] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning }]);
    return Number(answer?.partitions[0]?.offset ?? 0);
  };
  return { low: await ask(true), end: await ask(false) };
}

async function fetchRecords(
  cluster: Cluster,
  requests: readonly FetchRequest[],
  { waitMs, maxBytes }: { waitMs: number; maxBytes: number },
): Promise<FetchedPartition[]> {
  const [first] = requests;
  if (!first) return [];
  const broker = await cluster.findBroker({ nodeId: leaderOf(cluster, first) });
  requireVersion(broker);
  const { request, requestTimeout } = fetchRequests.protocol({ version: FETCH_VERSION })({
    maxWaitTime: waitMs,
    minBytes: 1,
    maxBytes,
    isolationLevel: READ_COMMITTED,
    topics: requests.map(({ topic, partition, offset }) => ({
      topic,
      partitions: [{ partition, fetchOffset: String(offset), maxBytes: Math.ceil(maxBytes / requests.length) }],
    })),
  });
  const response = {
    decode: async (bytes: Buffer) => readFetchResponse(bytes, requests),
    parse: async (decoded: FetchAnswer) => decoded,
  };
  const { partitions } = await broker.connectionPool.send<FetchAnswer>({ request, response, requestTimeout });
  return [...partitions];
}

function leaderOf(cluster: Cluster, { topic, partition }: Place): number {
  const facts = cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition);
  if (facts) return facts.leader;
  throw cdcErrors.error('CDC_TOPIC_UNUSABLE', { message: `the topic ${topic} has no partition ${partition}` });
}

function requireVersion(broker: Broker): void {
  const { minVersion = 0, maxVersion = 0 } = broker.versions[FETCH_KEY] ?? {};
  if (minVersion <= FETCH_VERSION && maxVersion >= FETCH_VERSION) return;
  throw cdcErrors.error('CDC_BROKER_REFUSED', {
    message: `the broker speaks fetch versions ${minVersion} to ${maxVersion}; expected ${FETCH_VERSION} among them`,
    fix: 'use Kafka 2.3 or newer',
  });
}

/** The broker's own name of an error; the client wraps what it gave up to retry. */
export function typeOf(error: unknown): string | undefined {
  const { type, cause, name } = error as { type?: string; cause?: unknown; name?: string };
  if (type !== undefined) return type;
  if (cause !== undefined) return typeOf(cause);
  return /SASL/.test(name ?? '') ? name : undefined;
}
