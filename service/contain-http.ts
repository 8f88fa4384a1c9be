import { Agent, type ClientRequest } from 'node:http';
import { Duplex } from 'node:stream';
import { callOf, type CurrentRecorder, type StandInAnswer } from './call-recorder.ts';

/** What Node calls for each request of `http` and `https` that an agent is to carry. */
interface AddsRequests {
  addRequest: (this: Agent, request: ClientRequest, ...rest: unknown[]) => void;
}

/** Keeps calls by Node's own `http` and `https` from being sent inside a dry run. Gives back how to undo it. */
export function containHttp(current: CurrentRecorder): () => void {
  const agent = Agent.prototype as Agent & AddsRequests;
  const before = agent.addRequest;
  agent.addRequest = function (this: Agent, request, ...rest): void {
    const recorder = current();
    if (!recorder) return before.call(this, request, ...rest);
    const origin = `${request.protocol}//${String(request.getHeader('host') ?? request.host)}`;
    const answer = recorder.record(callOf(request.method, origin, request.path));
    request.onSocket(new StandInSocket(request, answer) as unknown as Parameters<ClientRequest['onSocket']>[0]);
  };
  return () => void (agent.addRequest = before);
}

/** Takes a request and answers it; what a client may ask of a socket beside that does nothing. */
class StandInSocket extends Duplex {
  constructor(request: ClientRequest, answer: StandInAnswer) {
    super();
    request.once('finish', () => this.push(textOf(answer)));
  }

  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

function textOf({ status, body }: StandInAnswer): string {
  const head = ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close'];
  return [`HTTP/1.1 ${status} `, ...head, '', body].join('\r\n');
}
