import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';
import type {
  Endpoint,
  FailureKind,
  ForwardJob,
  Forwarder,
  ForwardLimits,
  ForwardOutcome,
  PoolState,
  UpgradeForwarder,
} from './forwarder.ts';
import { problemBytes, problems } from '../problem.ts';
import { cleanResponseHeaders } from './response-headers.ts';

interface Carried extends IncomingMessage {
  [JOB]?: Ongoing | undefined;
}

interface Ongoing {
  readonly job: ForwardJob;
  readonly end: (outcome: ForwardOutcome) => void;
  timer: NodeJS.Timeout | undefined;
}

const JOB = Symbol('job');

/**
 * http-proxy-middleware behind the same port: carries protocol upgrades, and ordinary HTTP where it is chosen. Its
 * default error handling (an error text appended to a broken answer, then a clean end) is switched off.
 */
export class MiddlewareForwarder implements Forwarder, UpgradeForwarder {
  readonly carriesWhole = false;
  readonly #limits: ForwardLimits;
  readonly #agent: Agent;
  readonly #proxies = new Map<string, RequestHandler>();

  constructor(limits: ForwardLimits) {
    this.#limits = limits;
    const { connections: maxSockets, lookup } = limits;
    this.#agent = new Agent({ keepAlive: true, maxSockets, timeout: 4000, ...(lookup && { lookup }) });
  }

  forward(job: ForwardJob): Promise<ForwardOutcome> {
    return new Promise((resolve) => {
      const ongoing: Ongoing = {
        job,
        timer: undefined,
        end: (outcome) => {
          clearTimeout(ongoing.timer);
          resolve(outcome);
        },
      };
      const { request, response } = job as { request: Carried; response: ServerResponse } & ForwardJob;
      request[JOB] = ongoing;
      request.headers = { ...toObject(job.headers.list), ...(job.bodyBytes < 0 && { 'transfer-encoding': 'chunked' }) };
      request.url = job.path;
      ongoing.timer = setTimeout(() => fail(ongoing, 'timeout'), this.#limits.firstByteMs);
      response.once('close', () => ongoing.end(closeOutcome(response)));
      // It calls back with errors it has already told the handler about; failing twice is harmless.
      const failed = (error?: unknown): void => fail(ongoing, error ? 'malformed' : 'refused');
      void this.#proxyTo(job.endpoint)(request, response, failed);
    });
  }

  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    endpoint: Endpoint,
    headers: readonly string[],
  ): void {
    const upgrade = { connection: 'Upgrade', upgrade: request.headers.upgrade };
    request.headers = { ...toObject(headers), ...upgrade };
    this.#proxyTo(endpoint).upgrade(request, socket as Socket, head);
  }

  /** The agent keeps its connections by address and not by target: all in one. */
  pools(): PoolState[] {
    const { sockets, freeSockets, requests } = this.#agent;
    return [{ target: '*', busy: countIn(sockets), free: countIn(freeSockets), waiting: countIn(requests) }];
  }

  close(): Promise<void> {
    this.#agent.destroy();
    return Promise.resolve();
  }

  #proxyTo({ url }: Endpoint): RequestHandler {
    const known = this.#proxies.get(url);
    if (known) return known;
    const proxy = createProxyMiddleware({
      target: url,
      agent: this.#agent,
      xfwd: false,
      ws: false,
      proxyTimeout: this.#limits.firstByteMs,
      // Naming an error handler also takes the default one away.
      on: {
        error: onError,
        proxyRes: (answer, request, response) => this.#onAnswer(answer, request, response),
        proxyReqWs: (_proxied, _request, socket) => void socket.on('error', () => socket.destroy()),
      },
    });
    this.#proxies.set(url, proxy);
    return proxy;
  }

  #onAnswer(answer: IncomingMessage, request: Carried, response: ServerResponse): void {
    const ongoing = request[JOB];
    if (!ongoing) return;
    clearTimeout(ongoing.timer);
    ongoing.job.headAt = performance.now();
    const headers = cleanResponseHeaders(answer.rawHeaders);
    const { extraHeaders = [], tap } = ongoing.job;
    answer.headers = toObject([...headers, ...extraHeaders]);
    tap?.head(answer.statusCode ?? 0, headers);
    answer.on('data', (chunk: Buffer) => {
      ongoing.job.answerBytes += chunk.length;
      tap?.chunk(chunk);
    });
    if (!String(answer.headers['content-type']).startsWith('text/event-stream'))
      ongoing.timer = setTimeout(() => response.destroy(), ongoing.job.deadlineMs ?? this.#limits.totalMs);
    answer.once('aborted', () => response.destroy());
    answer.once('error', () => response.destroy());
  }
}

function onError(error: Error, request: IncomingMessage, where: ServerResponse | Socket): void {
  const ongoing = (request as Carried)[JOB];
  if (ongoing) return fail(ongoing, kindOf(error));
  if (where instanceof Socket && !where.destroyed) where.end(problemBytes(problems.badGateway));
}

function fail(ongoing: Ongoing, failure: FailureKind): void {
  const { response } = ongoing.job;
  if (response.headersSent) return void response.destroy();
  ongoing.end({ kind: 'failed', failure, sent: failure !== 'refused' });
}

function closeOutcome(response: ServerResponse): ForwardOutcome {
  if (response.writableFinished) return { kind: 'answered', status: response.statusCode };
  return response.headersSent ? { kind: 'truncated', status: response.statusCode } : { kind: 'client-gone' };
}

function countIn(lists: NodeJS.ReadOnlyDict<readonly unknown[]>): number {
  return Object.values(lists).reduce((sum, list = []) => sum + list.length, 0);
}

function kindOf(error: Error): FailureKind {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND') return 'refused';
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'reset' : 'malformed';
}

function toObject(headers: readonly string[]): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {};
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    const known = object[name];
    const value = headers[i + 1] ?? '';
    object[name] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
  }
  return object;
}
