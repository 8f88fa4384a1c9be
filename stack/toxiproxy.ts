import { cacheFolder } from './cache.ts';
import { obtainGoProgram } from './go-program.ts';
import { createLocalServer, type LocalRecipe } from './local-server.ts';
import { awaitHttp } from './ready.ts';

const PROGRAM = { name: 'toxiproxy', source: 'github.com/Shopify/toxiproxy/v2/cmd/server', version: 'v2.5.0' };

/** Shopify's toxiproxy: bad network weather on purpose. Proxies are made through `toxiproxy-node-client`. */
export interface Toxiproxy {
  /** Of its HTTP interface. A proxy that listens on `127.0.0.1:0` is given a free port and says which. */
  readonly url: string;
  readonly version: string;
  /** Ends the server and every connection through it. Calling it again does nothing. */
  stop(): Promise<void>;
}

/** Starts the real server, built from its published source the first time. */
export async function startToxiproxy(): Promise<Toxiproxy> {
  const program = await obtainGoProgram(PROGRAM, await cacheFolder());
  const server = await createLocalServer('toxiproxy', recipe(program));
  try {
    await server.launch();
  } catch (error) {
    await server.remove();
    throw error;
  }
  return { url: urlOf(server.port), version: PROGRAM.version, stop: () => server.remove() };
}

function recipe(program: string): LocalRecipe {
  return {
    title: 'toxiproxy',
    prepare: async () => undefined,
    command: async (_folder, port) => ({ program, args: ['-host', '127.0.0.1', '-port', String(port)] }),
    answers: (_folder, port, signal) => awaitHttp(`${urlOf(port)}/version`, 30_000, signal),
  };
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}
