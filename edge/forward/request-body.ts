import { Readable } from 'node:stream';
import { isWhole, type AnyRequest } from '../client.ts';
import type { ForwardJob } from './forwarder.ts';
import { Upload, type BodySink } from './upload.ts';

const SMALL = 64 * 1024;

/** True when the body is announced as small: it is read first and sent in one piece. */
export function isSmallBody(bodyBytes: number): boolean {
  return bodyBytes >= 0 && bodyBytes <= SMALL;
}

type WithBody = AnyRequest & { [BODY]?: Buffer | undefined };

const BODY = Symbol('body');

/** True when there is no body, or all of it is here to be sent once more. */
export function isBodyKept(request: AnyRequest, bodyBytes: number): boolean {
  return bodyBytes === 0 || isWhole(request) || (request as WithBody)[BODY] !== undefined;
}

/** The body of a request that has yet to come in; undefined when there is none, or it is here. */
export function uploadOf(job: ForwardJob): Upload | undefined {
  const { request, bodyBytes } = job;
  return isWhole(request) || isBodyKept(request, bodyBytes) ? undefined : new Upload(request, job);
}

/** The body of a request that is here. */
export function wholeBodyOf({ request }: ForwardJob): Buffer | undefined {
  return isWhole(request) ? request.wholeBody : (request as WithBody)[BODY];
}

/** Collects a small body, and keeps it with its request. The promise stays open when the body never comes to its end. */
export function collect({ request }: ForwardJob, upload: Upload): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    upload.pour({
      bodyChunk: (chunk) => chunks.push(chunk) > 0,
      bodyEnd: () => resolve(((request as WithBody)[BODY] = Buffer.concat(chunks))),
    });
  });
}

/**
 * The body as a stream of its own. Whoever sends it destroys it when that fails; were it the request itself, the client's
 * socket would go with it and no answer could be given.
 */
export class BodyStream extends Readable implements BodySink {
  readonly #upload: Upload | undefined;

  /** Of what is still on its way, or of what is there already. */
  constructor(upload: Upload | undefined, whole: Buffer | undefined) {
    super();
    this.#upload = upload;
    this.on('error', () => undefined);
    upload?.pour(this);
    if (upload) return;
    if (whole) this.push(whole);
    this.push(null);
  }

  override _read(): void {
    this.#upload?.resume();
  }

  bodyChunk(chunk: Buffer): boolean {
    return this.destroyed || this.push(chunk);
  }

  bodyEnd(): void {
    this.push(null);
  }
}
