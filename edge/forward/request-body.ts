import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { isWhole, type AnyRequest } from '../client.ts';
import type { ForwardJob } from './forwarder.ts';

const SMALL = 64 * 1024;

/** True when the body is announced as small: it is read first and sent in one piece. */
export function isSmallBody(bodyBytes: number): boolean {
  return bodyBytes >= 0 && bodyBytes <= SMALL;
}

type WithBody = IncomingMessage & { [BODY]?: Buffer | undefined };

const BODY = Symbol('body');

/** True when there is no body, or all of it is here to be sent once more. */
export function isBodyKept(request: AnyRequest, bodyBytes: number): boolean {
  return bodyBytes === 0 || isWhole(request) || (request as WithBody)[BODY] !== undefined;
}

/** Reads a small body, and gives it again when asked again. Undefined when the client left before its end. */
export function readSmallBody(request: AnyRequest): Promise<Buffer | undefined> {
  if (isWhole(request)) return Promise.resolve(request.wholeBody ?? Buffer.alloc(0));
  const kept = (request as WithBody)[BODY];
  if (kept) return Promise.resolve(kept);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(((request as WithBody)[BODY] = Buffer.concat(chunks))));
    request.on('close', () => resolve(undefined));
    request.on('error', () => resolve(undefined));
  });
}

/**
 * The body as a stream of its own, with backpressure to the client. The target's side destroys what it sends when it
 * fails; were that the request itself, the client's socket would go with it and no answer could be given.
 */
export function streamBody(request: IncomingMessage, job: ForwardJob): Readable {
  const body = new Readable({ read: () => void request.resume() });
  request.on('data', (chunk: Buffer) => {
    if (job.bodyBytes < 0) job.requestBytes += chunk.length;
    if (!body.destroyed && !body.push(chunk)) request.pause();
  });
  request.on('end', () => body.push(null));
  request.on('close', () => {
    if (!request.complete) body.destroy(new Error('client left'));
  });
  request.on('error', () => undefined);
  body.on('error', () => undefined);
  body.on('close', () => request.resume()); // What nobody wants any more is read and dropped.
  request.pause();
  return body;
}
