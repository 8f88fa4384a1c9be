/** The edge behind a server of node:http, without Express: every request is the edge's, and what no plan names is legacy's. */
import { createServer, type Server } from 'node:http';
import { createEdge, type Edge, type EdgeOptions } from '../edge/index.ts';
import { exampleOptions, type Addresses } from './options.ts';

export interface NodeExample {
  readonly server: Server;
  readonly edge: Edge;
  /** To be called when the server is closed. */
  stop(): Promise<void>;
}

export async function createNodeExample(
  addresses: Addresses,
  changes: Partial<EdgeOptions> = {},
): Promise<NodeExample> {
  const options = await exampleOptions(addresses);
  const edge = createEdge({ ...options, ...changes });
  // Node's own defaults leave five minutes for a request's head and 16 KiB for its headers.
  const server = createServer({ headersTimeout: 10_000, maxHeaderSize: 16_384, requestTimeout: 0 }, edge.handler);
  server.on('upgrade', edge.upgradeHandler);
  server.on('checkContinue', edge.handler);
  const stop = async (): Promise<void> => {
    await edge.close();
    await options.flags.stop();
  };
  return { server, edge, stop };
}
