/**
 * The edge inside an Express application of your own. In your project the imports are 'banyan/edge', 'banyan/flags' and
 * 'banyan/shared'.
 */
import { createServer, type Server } from 'node:http';
import express from 'express';
import { createEdge, mountEdge, type Edge, type EdgeOptions } from '../edge/index.ts';
import { exampleOptions, type Addresses } from './options.ts';

export interface ExpressExample {
  readonly server: Server;
  readonly edge: Edge;
  /** To be called when the server is closed. */
  stop(): Promise<void>;
}

export async function createExpressExample(
  addresses: Addresses,
  changes: Partial<EdgeOptions> = {},
): Promise<ExpressExample> {
  const options = await exampleOptions(addresses);
  const edge = createEdge({ ...options, ...changes });
  const app = express();
  const server = createServer(app);
  // First of all: what a body parser in front had read could not be forwarded any more.
  mountEdge(edge, app, { server, unmatched: 'next' });
  app.use(express.json());
  app.get('/health', (_request, response) => void response.json({ ok: true }));
  const stop = async (): Promise<void> => {
    await edge.close();
    await options.flags.stop();
  };
  return { server, edge, stop };
}
