import { Agent, type IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';
import { problemBytes, problems } from '../problem.ts';
import { Deadlines } from './deadlines.ts';
import {
  SAFE_METHODS,
  type Endpoint,
  type ForwardJob,
  type Forwarder,
  type ForwardLimits,
  type ForwardOutcome,
  type PoolState,
  type UpgradeForwarder,
} from './forwarder.ts';
import { toObject } from './header-object.ts';
import { socketPathOf } from '../targets/unix-socket.ts';
import { MiddlewareExchange } from './middleware-exchange.ts';

/**
 * http-proxy-middleware behind the same port: carries protocol upgrades, and ordinary HTTP where it is chosen. Its
 * default error handling (an error text appended to a broken answer, then a clean end) is switched off.
 */
export class MiddlewareForwarder implements Forwarder, UpgradeForwarder {
  readonly carriesWhole = true;
  readonly #limits: ForwardLimits;
  readonly #deadlines: Deadlines;
  readonly #keepAlive: Agent;
  readonly #once: Agent;
  readonly #proxies = new Map<string, RequestHandler>();

  constructor(limits: ForwardLimits) {
    this.#limits = limits;
    this.#deadlines = new Deadlines(limits);
    const { connections: maxSockets, lookup } = limits;
    this.#keepAlive = new Agent({ keepAlive: true, maxSockets, timeout: 4000, ...(lookup && { lookup }) });
    this.#once = new Agent({ keepAlive: false, ...(lookup && { lookup }) });
  }

  /** It cannot hold an answer back: a request whose answer would have to wait is sent once it need not any more. */
  async forward(job: ForwardJob): Promise<ForwardOutcome> {
    const { clearance } = job;
    if (clearance && !clearance.isClear) await new Promise<void>((resolve) => clearance.onClear(resolve));
    const first = await this.#carry(job, job.isDoubtful ? this.#once : this.#keepAlive);
    if (!mayRepeat(first)) return first.outcome;
    job.retries++;
    return (await this.#carry(job, this.#once)).outcome;
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
    this.#proxyTo(endpoint, this.#keepAlive).upgrade(request, socket as Socket, head);
  }

  /** The agent keeps its connections by address and not by target: all in one. */
  pools(): PoolState[] {
    const { sockets, freeSockets, requests } = this.#keepAlive;
    return [{ target: '*', busy: countIn(sockets), free: countIn(freeSockets), waiting: countIn(requests) }];
  }

  close(): Promise<void> {
    this.#deadlines.close();
    this.#keepAlive.destroy();
    this.#once.destroy();
    return Promise.resolve();
  }

  #carry(job: ForwardJob, agent: Agent): Promise<Ended> {
    return new Promise((resolve) => {
      const exchange = new MiddlewareExchange(job, this.#deadlines, (outcome) => resolve({ exchange, outcome }));
      if (!exchange.begin()) return;
      exchange.giveLeave(); // It has no way to ask the target for it.
      // It calls back with errors it has already told the handler about; failing twice is harmless.
      const failed = (error?: unknown): void => exchange.failed(error as Error | undefined);
      void this.#proxyTo(job.endpoint, agent)(...exchange.understudies, failed);
    });
  }

  #proxyTo({ url }: Endpoint, agent: Agent): RequestHandler {
    const key = agent === this.#once ? `once ${url}` : url;
    const known = this.#proxies.get(key);
    if (known) return known;
    const proxy = createProxyMiddleware({
      target: targetOf(url),
      agent,
      xfwd: false,
      ws: false,
      selfHandleResponse: true,
      upgradeTimeout: this.#limits.firstByteMs,
      // What is here becomes part of the options of each request sent.
      ssl: { maxHeaderSize: this.#limits.maxAnswerHeadBytes } as object,
      // Naming an error handler also takes the default one away.
      on: {
        error: onError,
        proxyReq: (sent, request) => MiddlewareExchange.of(request)?.begun(sent),
        proxyRes: (answer, request) => MiddlewareExchange.of(request)?.answered(answer),
        proxyReqWs: (_proxied, _request, socket) => void socket.on('error', () => socket.destroy()),
      },
    });
    this.#proxies.set(key, proxy);
    return proxy;
  }
}

interface Ended {
  readonly exchange: MiddlewareExchange;
  readonly outcome: ForwardOutcome;
}

/** As with the other forwarders: a read without a body, when a connection died at the moment it was used again. */
function mayRepeat({ exchange, outcome }: Ended): boolean {
  const { job, wasReused } = exchange;
  const isReset = outcome.kind === 'failed' && outcome.failure === 'reset';
  return isReset && wasReused && job.bodyBytes === 0 && SAFE_METHODS.has(job.method);
}

function onError(error: NodeJS.ErrnoException, request: IncomingMessage, where: unknown): void {
  const exchange = MiddlewareExchange.of(request);
  if (exchange) return exchange.failed(error);
  const problem = error.code === 'ERR_UPSTREAM_UPGRADE_TIMEOUT' ? problems.gatewayTimeout : problems.badGateway;
  if (where instanceof Socket && !where.destroyed) where.end(problemBytes(problem));
}

function targetOf(url: string): string | { socketPath: string; protocol: string } {
  const socketPath = socketPathOf(url);
  return socketPath === undefined ? url : { socketPath, protocol: 'http:' };
}

function countIn(lists: NodeJS.ReadOnlyDict<readonly unknown[]>): number {
  return Object.values(lists).reduce((sum, list = []) => sum + list.length, 0);
}
