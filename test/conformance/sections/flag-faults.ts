import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createUnleashFlagProvider, type FlagProvider } from '../../../flags/index.ts';
import { silentLog, waitUntil } from '../../../shared/index.ts';
import { ANY, type Case } from '../case.ts';

const SET = JSON.stringify({
  version: 2,
  features: [
    { name: 'banyan.trips', enabled: true, strategies: [{ name: 'default', parameters: {}, constraints: [] }] },
  ],
});

const faults: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '401': (response) => void response.writeHead(401).end(),
  '500': (response) => void response.writeHead(500).end(),
  garbage: (response) => void response.end('{"version":'),
  slow: () => undefined,
  down: (response) => void response.socket?.destroy(),
};

/** Section F: a flag server in trouble. The rules against a real one: flags/unleash. */
export const flagFaultCases: readonly Case[] = [
  {
    number: 121,
    sends: 'a flag server that is not there at the start, well, then in every kind of trouble, then well again',
    expects: 'start: off | well: on | 401: on | 500: on | garbage: on | slow: on | down: on | recovered: off',
    isOfEdge: true,
    forwarders: ANY,
    probe: async () => {
      const now = { answer: (response: ServerResponse): void => void response.writeHead(503).end(), asked: 0 };
      const server = await openServer(now);
      const flags = openFlags(server);
      await flags.start();
      const told = [`start: ${stateOf(flags)}`];
      now.answer = (response) => void response.end(SET);
      await waitUntil(() => flags.isEnabled('banyan.trips', { id: '7', kind: 'user' }), { budgetMs: 3000 });
      told.push(`well: ${stateOf(flags)}`);
      for (const [name, fault] of Object.entries(faults)) {
        const before = now.asked;
        now.answer = fault;
        await waitUntil(() => now.asked > before + 1, { budgetMs: 5000 });
        told.push(`${name}: ${stateOf(flags)}`);
      }
      now.answer = (response) => void response.end(SET.replace('"enabled":true', '"enabled":false'));
      await waitUntil(() => !flags.isEnabled('banyan.trips', { id: '7', kind: 'user' }), { budgetMs: 5000 });
      told.push(`recovered: ${stateOf(flags)}`);
      await flags.stop();
      server.closeAllConnections();
      server.close();
      return told.join(' | ');
    },
  },
];

function stateOf(flags: FlagProvider): string {
  return flags.isEnabled('banyan.trips', { id: '7', kind: 'user' }) ? 'on' : 'off';
}

async function openServer(now: { answer: (response: ServerResponse) => void; asked: number }): Promise<Server> {
  const server = createServer((_request, response) => {
    now.asked++;
    now.answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function openFlags(server: Server): FlagProvider {
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/api`;
  return createUnleashFlagProvider({ url, token: 't', appName: 'edge', refreshMs: 50, timeoutMs: 200, log: silentLog });
}
