import { hash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf, packageVersion } from '../../shared/index.ts';
import { answerRecord } from '../record/record-api.ts';
import type { RequestRecorder } from '../record/request-recorder.ts';
import { answerKill, type KillParts } from './kill-api.ts';

/** Where services find the public keys of identity tokens. */
const JWKS_PATH = '/.well-known/jwks.json';

export interface Admin {
  listen(port: number, host: string): Promise<{ port: number }>;
  close(): Promise<void>;
}

export interface AdminParts extends KillParts {
  /** Units whose shadow writes are stopped. */
  readonly writeLatch: KillParts['killSwitch'];
  readonly registry: { readonly contentType: string; metrics(): Promise<string> };
  readonly token: string | undefined;
  readonly isReady: () => boolean;
  readonly recorder: RequestRecorder;
  /** What services verify identity tokens with; public. */
  readonly identityKeys: { readonly published: object } | undefined;
}

/** The operator's listener, apart from the public one. Everything but health and version needs the token. */
export function createAdmin(parts: AdminParts): Admin {
  const { registry, token, isReady, units, killSwitch, writeLatch, recorder, identityKeys } = parts;
  const version = JSON.stringify({ name: 'banyan', version: packageVersion(), node: process.versions.node });
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => respond(response, 500, messageOf(error)));
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?')[0];
    if (path === '/healthz') return respond(response, 200, 'ok');
    if (path === '/readyz') return isReady() ? respond(response, 200, 'ready') : respond(response, 503, 'not ready');
    if (path === '/version') return respond(response, 200, version, 'application/json');
    if (path === JWKS_PATH && identityKeys)
      return respond(response, 200, JSON.stringify(identityKeys.published), 'application/json');
    if (!isAllowed(request, token)) return respond(response, 401, 'token required');
    if (path === '/v1/kill') return answerKill(request, response, { units, killSwitch });
    if (path === '/v1/shadow-writes') return answerKill(request, response, { units, killSwitch: writeLatch });
    if (path === '/v1/record') return answerRecord(request, response, recorder);
    if (path !== '/metrics' || request.method !== 'GET') return respond(response, 404, 'not found');
    response.writeHead(200, { 'Content-Type': registry.contentType }).end(await registry.metrics());
  }
  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => resolve({ port: (server.address() as { port: number }).port }));
      }),
    close: () =>
      new Promise((resolve) => {
        if (!server.listening) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Compares digests, so that neither the time nor the length tells anything about the token. */
function isAllowed(request: IncomingMessage, token: string | undefined): boolean {
  if (!token) return false;
  const given = hash('sha256', request.headers.authorization ?? '', 'buffer');
  return timingSafeEqual(given, hash('sha256', `Bearer ${token}`, 'buffer'));
}

function respond(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'Content-Type': type }).end(`${text}\n`);
}
