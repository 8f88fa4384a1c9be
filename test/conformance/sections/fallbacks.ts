import { as, canary, owned, wentTo } from '../../../edge/testing/edge.fixture.ts';
import type { Bench } from '../bench.ts';
import { ANY, type Case } from '../case.ts';
import { tellEach } from '../tell.ts';

interface Row {
  readonly owner: 'legacy' | 'service';
  readonly method: 'GET' | 'POST';
  readonly hasBegun: boolean;
}

const rows: Readonly<Record<string, Row>> = {
  'legacy owns, GET, nothing sent': { owner: 'legacy', method: 'GET', hasBegun: false },
  'legacy owns, GET, answer begun': { owner: 'legacy', method: 'GET', hasBegun: true },
  'service owns, GET, nothing sent': { owner: 'service', method: 'GET', hasBegun: false },
  'service owns, POST, nothing sent': { owner: 'service', method: 'POST', hasBegun: false },
  'service owns, POST, answer begun': { owner: 'service', method: 'POST', hasBegun: true },
};

/** Section F: who answers when the service does not. All rows of the rule itself: edge/breaker/fallback.test.ts. */
export const fallbackCases: readonly Case[] = [
  {
    number: 128,
    sends: 'requests that the service drops, by owner, method and whether the answer had begun',
    expects:
      'legacy owns, GET, nothing sent: 200 legacy service-failed, legacy asked once | ' +
      'legacy owns, GET, answer begun, service owns, POST, answer begun: broken off, legacy not asked | ' +
      'service owns, GET, nothing sent, service owns, POST, nothing sent: 502, legacy not asked',
    isOfEdge: true,
    forwarders: ANY,
    probe: (bench) => tellEach(bench, Object.fromEntries(Object.keys(rows).map((name) => [name, name])), tellRow),
  },
];

async function tellRow(bench: Bench, name: string): Promise<string> {
  const row = rows[name];
  if (!row) return 'no such row';
  const world = bench.world();
  world.state = row.owner === 'service' ? owned() : canary();
  world.service.answer = (_request, response) => {
    if (row.hasBegun) response.writeHead(200, { 'content-length': '100' }).write('half');
    setTimeout(() => response.socket?.destroy(), row.hasBegun ? 50 : 0);
  };
  const told = await tellCall(bench, row.method);
  return `${told}, legacy ${bench.target.requests.length === 0 ? 'not asked' : 'asked once'}`;
}

async function tellCall(bench: Bench, method: Row['method']): Promise<string> {
  const world = bench.world();
  const subject = as('7');
  const response = await (method === 'GET' ? world.get('/api/trips/1', subject) : world.post('/api/trips', subject));
  try {
    await response.text();
  } catch {
    return 'broken off';
  }
  return response.ok ? `${response.status} ${wentTo(response)}` : String(response.status);
}
