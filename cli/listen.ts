import type { Server } from 'node:http';
import type { FrontApi } from '../cutover/index.ts';
import type { OpenParts } from './open-parts.ts';

/** Serves one of our APIs until `open` is closed; answers the port. */
export async function listen(app: FrontApi['app'], port: number, host: string, open: OpenParts): Promise<number> {
  const server = app.listen(port, host);
  server.requestTimeout = 0; // The request of an edge's session never ends.
  await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject));
  open.add(() => closeServer(server));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
