/** The parts of kafkajs that are used below its consumer. They are not typed by the package; the version is pinned. */

declare module 'kafkajs/src/cluster/index.js' {
  import type { KafkaLogger } from 'kafkajs/src/loggers/index.js';
  export interface ProtocolRequest<Decoded> {
    readonly request: unknown;
    readonly response: {
      decode(bytes: Buffer): Promise<Decoded & { clientSideThrottleTime: number }>;
      parse(decoded: Decoded): Promise<Decoded>;
    };
    readonly requestTimeout?: number;
  }
  export interface Broker {
    readonly versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>>;
    readonly connectionPool: { send<Decoded>(request: ProtocolRequest<Decoded>): Promise<Decoded> };
    describeConfigs(options: {
      resources: readonly { type: number; name: string; configNames: string[] }[];
    }): Promise<{ resources: { configEntries: { configName: string; configValue: string }[] }[] }>;
  }
  export default class Cluster {
    constructor(options: {
      logger: KafkaLogger;
      socketFactory: unknown;
      brokers: readonly string[];
      ssl?: unknown;
      sasl?: unknown;
      clientId: string;
      connectionTimeout: number;
      authenticationTimeout: number;
      requestTimeout: number;
      enforceRequestTimeout: boolean;
      metadataMaxAge: number;
      retry: { retries: number };
      allowAutoTopicCreation: boolean;
      maxInFlightRequests: number | null;
      isolationLevel: number;
    });
    connect(): Promise<void>;
    addTargetTopic(topic: string): Promise<void>;
    findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[];
    findBroker(options: { nodeId: number | string }): Promise<Broker>;
    findControllerBroker(): Promise<Broker>;
    fetchTopicsOffset(
      topics: readonly { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
    ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
  }
}

declare module 'kafkajs/src/loggers/index.js' {
  export interface KafkaLogger {
    namespace(name: string): KafkaLogger;
  }
  export interface KafkaLogEntry {
    readonly namespace: string;
    readonly label: string;
    readonly log: { readonly message: string };
  }
  const loggers: {
    createLogger(options: { level: number; logCreator: () => (entry: KafkaLogEntry) => void }): KafkaLogger;
    readonly LEVELS: { readonly WARN: number };
  };
  export default loggers;
}

declare module 'kafkajs/src/network/socketFactory.js' {
  import type { Socket } from 'node:net';
  export type SocketFactory = (options: { host: string; port: number; ssl: unknown; onConnect(): void }) => Socket;
  export default function createSocketFactory(): SocketFactory;
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    readonly pending: readonly unknown[];
    readonly throttledUntil: number;
    scheduleCheckPendingRequests: (this: RequestQueue) => void;
  }
}

declare module 'kafkajs/src/protocol/requests/fetch/index.js' {
  const fetch: {
    protocol(options: { version: number }): (options: {
      maxWaitTime: number;
      minBytes: number;
      maxBytes: number;
      isolationLevel: number;
      topics: readonly {
        topic: string;
        partitions: { partition: number; fetchOffset: string; maxBytes: number }[];
      }[];
    }) => { readonly request: unknown; readonly requestTimeout: number };
  };
  export default fetch;
}

declare module 'kafkajs/src/protocol/error.js' {
  const errors: { createErrorFromCode(code: number): Error & { type: string } };
  export default errors;
}
