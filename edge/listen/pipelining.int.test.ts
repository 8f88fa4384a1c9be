import { afterEach, describe, expect, it } from '@jest/globals';
import { openWorld, type World } from '../testing/edge.fixture.ts';
import { talk } from '../testing/raw-http.fixture.ts';

let world: World;
afterEach(() => world.close());

const LIMITS = { firstByteMs: 10_000 };
const POST = 'POST /own HTTP/1.1\nHost: fleet\nMax-Forwards: 9\n';
const statusesOf = (text: string): string[] => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status);

describe.each(['direct', 'undici', 'http-proxy-middleware'] as const)(
  'several requests at once, by %s',
  (forwarder) => {
    it.each([
      ['refused', 'GET /a HTTP/1.1\nHost: fleet\nHost: other\n\n', ['400']],
      ['asked for the end of the connection', 'GET /a HTTP/1.1\nHost: fleet\nConnection: close\n\n', ['200']],
    ])('nothing becomes of what stands behind one that %s', async (_, first, statuses) => {
      world = await openWorld({ forwarder, limits: LIMITS });
      const { text, end } = await talk(world.port, `${first}${POST}\n${POST}\n`);
      expect([statusesOf(text), end]).toEqual([statuses, 'clean']);
      expect(world.legacy.seen.map(({ url }) => url)).not.toContain('/own');
    });

    it('each in front of a malformed one has its own answer first', async () => {
      world = await openWorld({ forwarder, limits: LIMITS });
      world.legacy.answer = (_request, response) => void setTimeout(() => response.end('late'), 50);
      const { text } = await talk(world.port, `${POST}\n${POST}\nGET / HTTP/1.1\nbad line\n\n`);
      expect(statusesOf(text)).toEqual(['200', '200', '400']);
    });

    it('a WebSocket handshake waits for the answers in front of it', async () => {
      world = await openWorld({ forwarder, limits: LIMITS });
      world.legacy.answer = ({ url = '' }, response) =>
        void setTimeout(() => response.end(`of ${url}`), url === '/own' ? 50 : 0);
      const handshake = 'GET /live HTTP/1.1\nHost: fleet\nConnection: Upgrade\nUpgrade: websocket\n\n';
      const { text } = await talk(world.port, `${POST}\n${handshake}`, { quietMs: 300 });
      expect([...text.matchAll(/of \/(?:own|live)/g)].map(([told]) => told)).toEqual(['of /own', 'of /live']);
    });

    it('leave to send a body never comes in the middle of an answer', async () => {
      world = await openWorld({ forwarder, limits: LIMITS });
      world.legacy.answer = (request, response) =>
        void request.resume().on('end', () => setTimeout(() => response.end('later'), request.url === '/a' ? 50 : 0));
      const second = `${POST}Expect: 100-continue\nContent-Length: 2\n\nhi`;
      const { text } = await talk(world.port, `${POST.replace('/own', '/a')}\n${second}`);
      expect(statusesOf(text).filter((status) => status !== '100')).toEqual(['200', '200']);
      for (const part of text.split('HTTP/1.1 ').slice(1)) expect(part).toMatch(/^100 Continue\r\n\r\n$|later/);
    });
  },
);
