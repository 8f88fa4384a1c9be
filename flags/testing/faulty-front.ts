import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the front does instead of passing a request on. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | { readonly endless: string }
  | { readonly silent: true }
  | { readonly cut: true };

/** A door in front of a real server that passes everything on until it is told a fault. */
export interface FaultyFront {
  readonly url: string;
  readonly asked: readonly IncomingMessage[];
  /** Undefined: pass on again. */
  fail(fault: Fault | undefined): void;
  close(): Promise<void>;
}

export async function openFaultyFront(serverUrl: string): Promise<FaultyFront> {
  let fault: Fault | undefined;
  const asked: IncomingMessage[] = [];
  const { hostname, port, pathname } = new URL(serverUrl);
  const server = createServer((request, response) => {
    asked.push(request);
    if (fault) return misbehave(fault, response);
    const to = { hostname, port, path: request.url, method: request.method, headers: request.headers };
    const onwards = forward(to, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onwards.on('error', () => response.destroy());
    request.pipe(onwards);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    asked,
    fail: (next) => void (fault = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function misbehave(fault: Fault, response: ServerResponse): void {
  if ('silent' in fault) return;
  if ('cut' in fault)
    return void response.writeHead(200, { 'content-length': '100' }).write('{"version"', () => {
      response.destroy();
    });
  if ('endless' in fault) return pour(fault.endless, response);
  response.writeHead(fault.status, fault.headers).end(fault.body);
}

/** Writes until the other side has had enough. */
function pour(text: string, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const more = (): void => {
    while (!response.destroyed && response.write(text));
  };
  response.on('drain', more);
  more();
}
