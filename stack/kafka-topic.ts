import kafkajs from 'kafkajs';

export interface TopicOptions {
  /** 1 by default: everything in one order. */
  readonly partitions?: number;
  /** Settings of the topic, such as `retention.ms`. */
  readonly config?: Readonly<Record<string, string>>;
}

/** Makes a topic and resolves when it has a leader; a topic that exists is left as it is. */
export async function createTopic(bootstrap: string, topic: string, options: TopicOptions = {}): Promise<void> {
  const { partitions = 1, config = {} } = options;
  const client = new kafkajs.Kafka({
    clientId: 'banyan-stack',
    brokers: [bootstrap],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = client.admin();
  await admin.connect();
  try {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }],
    });
  } finally {
    await admin.disconnect();
  }
}
