import type { Socket } from 'node:net';
import Cluster from 'kafkajs/src/cluster/index.js';
import loggers from 'kafkajs/src/loggers/index.js';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import createSocketFactory, { type SocketFactory } from 'kafkajs/src/network/socketFactory.js';
import type { Log } from '../../../../shared/index.ts';
import type { BrokerOptions } from './broker-options.ts';

export const READ_COMMITTED = 1;

/** The client's connections, and a way to give them all up at once: its own waits for the answers under way. */
export function createCluster(options: BrokerOptions): { cluster: Cluster; close: () => void } {
  const sockets = new Set<Socket>();
  const { brokers, ssl, sasl, log } = options;
  const cluster = new Cluster({
    brokers,
    ...(ssl !== undefined && { ssl }),
    ...(sasl && { sasl }),
    clientId: 'banyan',
    logger: createClientLog(log),
    socketFactory: remembering(sockets),
    connectionTimeout: 2_000,
    authenticationTimeout: 10_000,
    requestTimeout: 10_000,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    // One place tries again, and it is the change source: it knows from where.
    retry: { retries: 0 },
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    isolationLevel: READ_COMMITTED,
  });
  return { cluster, close: () => sockets.forEach((socket) => socket.destroy(new Error('given up by the reader'))) };
}

function remembering(sockets: Set<Socket>): SocketFactory {
  const create = createSocketFactory();
  return (options) => {
    const socket = create(options);
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
}

/** What the client calls an error is retried here and reported by whoever retries it. */
function createClientLog(log: Log) {
  const write = ({
    namespace,
    label,
    log: { message },
  }: {
    namespace: string;
    label: string;
    log: { message: string };
  }) => log.debug({ client: namespace, level: label }, message);
  return loggers.createLogger({ level: loggers.LEVELS.WARN, logCreator: () => write });
}

/**
 * The client looks again after its throttled requests by a timer that it sets with a negative delay when nothing is
 * throttled: on Node 24 a warning, and then a timer every millisecond for as long as the connection lives. A look is
 * needed only while something waits or a throttle is on.
 */
const { prototype } = RequestQueue;
const schedule = prototype.scheduleCheckPendingRequests;
prototype.scheduleCheckPendingRequests = function whenNeeded(this: RequestQueue): void {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
};
