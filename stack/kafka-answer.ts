import { connect } from 'node:net';
import { awaitSuccess } from './ready.ts';

/** Metadata (3) in version 4, correlation 1, no client name, no topics: the brokers alone. */
const REQUEST = Buffer.from('0000000f 0003 0004 00000001 0000 00000000 00'.replaceAll(' ', ''), 'hex');
const BROKER_COUNT_AT = 12;

/** Resolves when the broker at `port` names itself in the cluster's metadata, so that it takes topics and records. */
export function awaitBroker(port: number, budgetMs: number, signal?: AbortSignal): Promise<void> {
  const attempt = async (): Promise<void> => {
    if (brokerCount(await ask(port)) === 0) throw new Error('the cluster has no broker yet');
  };
  return awaitSuccess(attempt, { budgetMs, everyMs: 20, signal });
}

/** How many brokers the answer to {@link REQUEST} lists: size, correlation, throttle time, then the array. */
export function brokerCount(answer: Buffer): number {
  return answer.length < BROKER_COUNT_AT + 4 ? 0 : answer.readInt32BE(BROKER_COUNT_AT);
}

function ask(port: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(REQUEST));
    socket.setTimeout(1000, () => socket.destroy(new Error('connected, but no answer')));
    socket.once('data', (answer) => {
      resolve(answer);
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
}
