import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FaultyService {
  readonly url: string;
  /** Of the API's requests, this share is answered 500 from now on; those of health checks never. */
  fail(share: number): void;
  stop(): Promise<void>;
}

/** Stands in front of a service and answers for it when it is told to. */
export async function startFaultyService(serviceUrl: string): Promise<FaultyService> {
  const agent = new Agent({ keepAlive: true });
  let share = 0;
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    turn += share;
    if (incoming.url?.startsWith('/api/') && turn >= 1) {
      turn -= 1;
      return void outgoing.writeHead(500, { 'content-type': 'application/json' }).end('{"error":"injected"}');
    }
    pass(incoming, outgoing, serviceUrl, agent);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail: (of) => (share = of),
    stop: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, serviceUrl: string, agent: Agent): void {
  const { method, headers, url = '/' } = incoming;
  const onward = request(new URL(url, serviceUrl), { method, headers, agent }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}
