import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import type { Log } from '../../shared/index.ts';
import { edgeErrors } from '../errors.ts';
import { problems } from '../problem.ts';
import { Certificate, type TlsOptions } from './certificate.ts';
import { drain, type DrainBudget, type Side } from './drain.ts';
import { Http1Side, http1Options, type Http1Parts } from './http1-side.ts';
import { createHttp2, type Http2Side } from './http2-server.ts';
import { createTlsServer, divertHttp2 } from './tls-server.ts';

export interface ListenerParts extends Http1Parts {
  /** Connections that are no longer HTTP. */
  readonly upgraded: Side;
  readonly tls: TlsOptions | undefined;
  readonly log: Log;
}

/**
 * The public ways in, one port each: HTTP/1.1; HTTP/2 with prior knowledge; TLS, where the client and this side agree on
 * either. The first never speaks HTTP/2: two protocols told apart by their first bytes would be two readings of them.
 */
export class Listener {
  readonly #parts: ListenerParts;
  readonly #plain: Http1Side;
  readonly #http2: Http2Side;
  readonly #certificate: Certificate | undefined;
  #secure: Http1Side | undefined;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
    this.#plain = new Http1Side(createServer(http1Options(parts.limits)), parts);
    this.#http2 = createHttp2(parts);
    this.#certificate = parts.tls && new Certificate(parts.tls, parts.log);
  }

  get isListening(): boolean {
    return this.#sides().some(({ server }) => server?.listening === true);
  }

  listen(port: number, host: string): Promise<{ port: number }> {
    return listen(this.#plain.server, port, host);
  }

  listenHttp2(port: number, host: string): Promise<{ port: number }> {
    return listen(this.#http2.server, port, host);
  }

  /** Throws EDGE_TLS_UNUSABLE. */
  async listenTls(port: number, host: string): Promise<{ port: number }> {
    if (!this.#certificate) throw edgeErrors.error('EDGE_TLS_UNUSABLE', { message: 'there is no certificate' });
    const { limits, rejected } = this.#parts;
    const server = createTlsServer(http1Options(limits), await this.#certificate.read());
    server.on('tlsClientError', () => rejected(problems.handshake));
    this.#secure = new Http1Side(server, this.#parts);
    divertHttp2(server, (socket) => this.#http2.take(socket));
    await this.#certificate.watch((pair) => server.setSecureContext(pair));
    return listen(server, port, host);
  }

  /** Stops listening, lets requests end, and cuts what is left after the budget. */
  async drain(budget: DrainBudget): Promise<void> {
    await this.#certificate?.stop();
    await drain([...this.#sides(), this.#parts.upgraded], budget);
    this.#plain.close();
    this.#secure?.close();
  }

  #sides(): Side[] {
    return [this.#plain, ...(this.#secure ? [this.#secure] : []), this.#http2];
  }
}

async function listen(server: Server, port: number, host: string): Promise<{ port: number }> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return { port: (server.address() as AddressInfo).port };
}
