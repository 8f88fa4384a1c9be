import { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { readAnswerHead } from './answer-head.ts';
import type { Deadlines } from './deadlines.ts';
import type { Wire } from './carried.ts';
import { Exchange } from './exchange.ts';
import type { FailureKind, ForwardJob, ForwardOutcome } from './forwarder.ts';
import { toObject } from './header-object.ts';
import { BodyStream, uploadOf, wholeBodyOf } from './request-body.ts';

/** What http-proxy-middleware is given for the client's request and response; it never sees the real ones. */
export type Understudies = [request: IncomingMessage, response: ServerResponse];

const EXCHANGE = Symbol('exchange');

/**
 * One request carried by http-proxy-middleware. It writes to no client: it sends what it is given, and the answer comes
 * back here.
 */
export class MiddlewareExchange extends Exchange implements Wire {
  readonly understudies: Understudies;
  readonly #response = Object.assign(new EventEmitter(), { headersSent: false, finished: false, destroyed: false });
  #sent: ClientRequest | undefined;
  #answer: IncomingMessage | undefined;

  constructor(job: ForwardJob, deadlines: Deadlines, done: (outcome: ForwardOutcome) => void) {
    super(job, deadlines, done);
    this.upload = uploadOf(job);
    this.wire = this;
    const destroy = (): void => this.#abandon();
    const request = Object.assign(new BodyStream(this.upload, wholeBodyOf(job)), understudyOf(job), {
      [EXCHANGE]: this,
    });
    this.understudies = [request, Object.assign(this.#response, { destroy })] as unknown as Understudies;
  }

  static of(request: IncomingMessage): MiddlewareExchange | undefined {
    return (request as { [EXCHANGE]?: MiddlewareExchange })[EXCHANGE];
  }

  /** True when the request went over a connection that had carried one before. */
  get wasReused(): boolean {
    return this.#sent?.reusedSocket === true;
  }

  pause(): void {
    this.#answer?.pause();
  }

  resume(): void {
    this.#answer?.resume();
  }

  drop(): void {
    this.#abandon();
  }

  begun(sent: ClientRequest): void {
    this.#sent = sent;
    this.wasSent = true;
    sent.on('upgrade', (_answer, socket) => {
      socket.destroy(); // Nobody asked for it.
      this.fail('malformed');
    });
    sent.on('information', ({ statusCode, rawHeaders }) => this.interim(statusCode, rawHeaders));
  }

  answered(answer: IncomingMessage): void {
    this.#answer = answer;
    answer.on('data', (chunk: Buffer) => this.data(chunk, true));
    answer.on('end', () => this.#ended(answer));
    answer.on('error', () => this.fail('reset'));
    answer.on('close', () => this.fail('reset'));
    try {
      const { statusCode = 0, statusMessage = '', rawHeaders } = answer;
      this.head(readAnswerHead(statusCode, statusMessage, rawHeaders));
    } catch {
      this.fail('malformed');
      return this.drop();
    }
    if (isBodiless(answer, this.job.method)) this.complete(); // Whatever comes behind it is no part of it.
    else this.idle();
  }

  failed(error: Error | undefined): void {
    const kind = error === undefined ? 'refused' : kindOf(error);
    if (kind === 'refused') this.wasSent = false;
    this.fail(kind);
  }

  #ended(answer: IncomingMessage): void {
    if (!answer.complete) return this.fail('reset');
    this.trailers(answer.rawTrailers);
    this.complete();
  }

  /** To http-proxy-middleware the client has left. */
  #abandon(): void {
    if (this.#response.destroyed) return;
    this.#response.destroyed = true;
    this.#response.emit('close');
  }
}

function isBodiless({ statusCode }: IncomingMessage, method: string): boolean {
  return statusCode === 204 || statusCode === 304 || method === 'HEAD';
}

function understudyOf({ method, path, headers, bodyBytes }: ForwardJob): object {
  const framed = { ...toObject(headers.list), ...(bodyBytes < 0 && { 'transfer-encoding': 'chunked' }) };
  const version = { httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1 };
  return { method, url: path, headers: framed, ...version, socket: { writable: true } };
}

function kindOf(error: Error): FailureKind {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'refused';
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'reset' : 'malformed';
}
