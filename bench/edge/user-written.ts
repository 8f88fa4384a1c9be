import { createHmac, timingSafeEqual } from 'node:crypto';
import { Agent } from 'node:http';
import express, { type Request } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { initialize } from 'unleash-client';
import { SESSION_COOKIE, SESSION_SECRET } from './traffic.ts';

/**
 * What a competent team would write in an afternoon: Express 5, http-proxy-middleware with a keep-alive agent, and
 * unleash-client asked per request with the user id of the verified session cookie. Nothing is done twice on purpose,
 * and nothing of Banyan's (markers, metrics, hygiene) is asked of it.
 */
const [legacyUrl = '', serviceUrl = '', unleashUrl = ''] = process.argv.slice(2);

const unleash = initialize({ url: unleashUrl, appName: 'bench', refreshInterval: 15_000, disableMetrics: true });
await new Promise((resolve) => unleash.once('synchronized', resolve));

const SESSION = new RegExp(`(?:^|; *)${SESSION_COOKIE}=([^;]+)`);
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const app = express();
app.disable('x-powered-by');
app.disable('etag');

const legacy = createProxyMiddleware<Request>({ target: legacyUrl, agent, xfwd: true });
const service = createProxyMiddleware<Request>({ target: serviceUrl, agent, xfwd: true });

app.use((request, response, next) => {
  const unit = request.path.startsWith('/api/routes')
    ? 'routes'
    : /^\/api\/(trips|tracking)\b/.test(request.path)
      ? 'trips'
      : '';
  const userId = request.method === 'GET' && unit !== '' ? userOf(request.headers.cookie) : undefined;
  const isMoved = userId !== undefined && unleash.isEnabled(`move.${unit}`, { userId });
  void (isMoved ? service : legacy)(request, response, next);
});

const server = app.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
process.on('disconnect', () => process.exit(0));

function userOf(cookies: string | undefined): string | undefined {
  const match = SESSION.exec(cookies ?? '');
  const [userId, sessionId, expires, signature] = match?.[1]?.split('.') ?? [];
  if (!signature || Number(expires) * 1000 < Date.now()) return undefined;
  const expected = createHmac('sha256', SESSION_SECRET).update(`${userId}.${sessionId}.${expires}`).digest();
  const given = Buffer.from(signature, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected) ? userId : undefined;
}
