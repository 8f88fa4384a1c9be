import { connect } from 'node:net';
import { messageOf, waitUntil } from '../shared/index.ts';

/** Metadata (3) in version 4, correlation 1, no client name, no topics: the brokers alone. */
const REQUEST = Buffer.from('0000001100030004000000010000000000000000'.padEnd(42, '0'), 'hex');
const BROKER_COUNT_AT = 12;

/** Resolves when the broker at `port` names itself in the cluster's metadata, so that it takes topics and records. */
export async function awaitBroker(port: number, budgetMs: number, signal?: AbortSignal): Promise<void> {
  let refusal = '';
  const answers = async (): Promise<boolean> => {
    try {
      return brokerCount(await ask(port)) > 0;
    } catch (error) {
      refusal = messageOf(error);
      return false;
    }
  };
  const ready = await waitUntil(answers, { budgetMs, everyMs: 20, ...(signal === undefined ? {} : { signal }) });
  if (!ready) throw new Error(`no answer within ${budgetMs} ms: ${refusal}`);
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
