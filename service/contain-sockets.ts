import { Socket } from 'node:net';
import type { CurrentRecorder } from './call-recorder.ts';
import { serviceErrors } from './errors.ts';

interface Connects {
  connect: (this: Socket, ...args: unknown[]) => unknown;
}

/**
 * Refuses every connection that is opened inside a dry run: by clients that the recorders do not know, to brokers, caches
 * and mail servers. What goes over connections that are open already is not seen. Gives back how to undo it.
 */
export function containSockets(current: CurrentRecorder): () => void {
  const socket = Socket.prototype as unknown as Connects;
  const before = socket.connect;
  socket.connect = function (this: Socket, ...args): unknown {
    const recorder = current();
    if (!recorder) return before.apply(this, args);
    const place = placeOf(args);
    recorder.refuse(place);
    const error = serviceErrors.error('SERVICE_DRY_RUN_REFUSED', { message: `a dry run may not connect to ${place}` });
    process.nextTick(() => this.destroy(error));
    return this;
  };
  return () => void (socket.connect = before);
}

/** Node passes what it was given either as it is or as one list of it. */
function placeOf(args: readonly unknown[]): string {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  if (typeof first !== 'object' || first === null)
    return `${typeof second === 'string' ? second : 'localhost'}:${String(first)}`;
  const { host = 'localhost', port, path } = first as { host?: string; port?: number; path?: string };
  return path ?? `${host}:${port}`;
}
