import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

/**
 * In front of an application, `--target http://…`: around what it answers to a mirrored read, what differs each time. An
 * id of the request, the time, tags in any order, and one of two texts. Everything else passes as it is.
 */
const { values } = parseArgs({ options: { target: { type: 'string', default: '' } } });
const target = new URL(values.target);
const agent = new Agent({ keepAlive: true });
const MIRRORED = /^\/api\/(trips|tracking)\b/;
const TAGS = ['city', 'night', 'app'];

const server = createServer((asked, answer) => {
  const { method = 'GET', url = '/', headers } = asked;
  const options = { agent, host: target.hostname, port: target.port, method, path: url, headers };
  const forward = request(options, (said) => void pass(asked, said, answer).catch(() => answer.destroy()));
  forward.on('error', () => answer.destroy());
  asked.pipe(forward);
});
// Longer than an edge keeps a connection, so that it is never this side that closes it under a request.
server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`noise listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.once('SIGTERM', () => process.exit(0));

async function pass(asked: IncomingMessage, said: IncomingMessage, answer: ServerResponse): Promise<void> {
  const { statusCode = 502, headers } = said;
  const isNoisy = asked.method === 'GET' && statusCode === 200 && MIRRORED.test(asked.url ?? '');
  if (!isNoisy) return void said.pipe(answer.writeHead(statusCode, headers));
  const { 'content-length': _, etag: _tag, ...others } = headers;
  const body = JSON.stringify({ ...((await json(said)) as object), ...noiseOf(asked.url ?? '') });
  answer.writeHead(200, { ...others, 'content-length': Buffer.byteLength(body) }).end(body);
}

function noiseOf(url: string): object {
  return {
    requestId: Math.floor(Math.random() * 1e15).toString(36),
    servedAt: new Date().toISOString(),
    tags: Math.random() < 0.5 ? TAGS : TAGS.toReversed(),
    ...(url.startsWith('/api/trips') && { banner: Math.random() < 0.5 ? 'Ride now' : 'Where to?' }),
  };
}
