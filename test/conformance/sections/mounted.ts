import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { mountEdge } from '../../../edge/index.ts';
import type { Bench } from '../bench.ts';
import type { Case } from '../case.ts';
import { tellAnswer, tellEach, tellForwarded } from '../tell.ts';
import { Client } from '../wire/client.ts';

const JSON_POST = 'POST / HTTP/1.1\nHost: fleet\nContent-Type: application/json\nContent-Length: 7\n\n{"a":1}';

/** Section C: the edge in an application of its users. */
export const mountedCases: readonly Case[] = [
  {
    number: 72,
    sends:
      'POST of JSON to an Express application with the edge behind express.json(), seen or unseen, and in front of it',
    expects: 'seen: refused at the start | unseen: 500, open; nothing forwarded | in front: 200, open; 1 forwarded',
    isOfEdge: true,
    probe: (bench) => tellEach(bench, { seen: 'seen', unseen: 'unseen', 'in front': 'in front' }, tellMounted),
  },
];

async function tellMounted(bench: Bench, where: string): Promise<string> {
  const app = express();
  if (where === 'seen') app.use(express.json());
  if (where === 'unseen') app.use((request, response, next) => express.json()(request, response, next));
  try {
    mountEdge(bench.world().edge, app, { unmatched: 'legacy' });
  } catch {
    return 'refused at the start';
  }
  if (where === 'in front') app.use(express.json());
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new Client((server.address() as AddressInfo).port);
  try {
    client.send(JSON_POST);
    return `${tellAnswer(await client.hear())}; ${tellForwarded(bench)}`;
  } finally {
    client.close();
    server.closeAllConnections();
    server.close();
  }
}
