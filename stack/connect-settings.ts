export interface WorkerPlace {
  readonly bootstrap: string;
  readonly port: number;
  readonly plugins: string;
}

/**
 * One worker, on the loopback, that writes each change exactly once and keeps its own topics in one copy. A restarted
 * worker takes its connectors back as soon as the broker has given up the dead one, after six seconds.
 */
export function workerSettings({ bootstrap, port, plugins }: WorkerPlace): Record<string, string | number> {
  const json = 'org.apache.kafka.connect.json.JsonConverter';
  return {
    'bootstrap.servers': bootstrap,
    'group.id': 'banyan-connect',
    listeners: `http://127.0.0.1:${port}`,
    'rest.advertised.host.name': '127.0.0.1',
    'plugin.path': plugins,
    'plugin.discovery': 'SERVICE_LOAD',
    'key.converter': json,
    'value.converter': json,
    'config.storage.topic': 'banyan-connect-config',
    'config.storage.replication.factor': 1,
    'offset.storage.topic': 'banyan-connect-offsets',
    'offset.storage.replication.factor': 1,
    'offset.storage.partitions': 1,
    'status.storage.topic': 'banyan-connect-status',
    'status.storage.replication.factor': 1,
    'status.storage.partitions': 1,
    'offset.flush.interval.ms': 1000,
    'scheduled.rebalance.max.delay.ms': 0,
    'session.timeout.ms': 6000,
    'heartbeat.interval.ms': 1500,
    'exactly.once.source.support': 'enabled',
    'config.providers': 'env',
    'config.providers.env.class': 'org.apache.kafka.common.config.provider.EnvVarConfigProvider',
  };
}
