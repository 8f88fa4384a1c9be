export { stackErrors } from './errors.ts';
export { startMariaDb, type MariaDb, type MariaDbOptions } from './mariadb.ts';
export { startStack, stackServers, type RunningServer, type StackServer, type StartedStack } from './servers.ts';
export { freePort } from './free-port.ts';
export { startKafka, type Kafka, type KafkaOptions } from './kafka.ts';
export type { TopicOptions } from './kafka-topic.ts';
export { startConnect, type Connect, type ConnectOptions } from './connect.ts';
export type { ConnectorStatus, WorkState } from './connect-client.ts';
export { startToxiproxy, type Toxiproxy } from './toxiproxy.ts';
