const SCHEME = 'unix:';
/** What a Unix socket's path may have; the system says no more than "invalid argument" to a longer one. */
const LONGEST = 107;

/** The path of the socket that a URL such as unix:/run/app.sock names; undefined for every other URL. */
export function socketPathOf(url: string): string | undefined {
  return url.startsWith(SCHEME) ? decodeURIComponent(new URL(url).pathname) : undefined;
}

/**
 * Why no target may be at this socket. Only what an operator wrote down is asked: an endpoint that was found somewhere
 * may not name one, for some sockets of a machine give the whole machine away.
 */
export function problemOfSocket(path: string): string | undefined {
  if (!path.startsWith('/')) return 'a socket without an absolute path, such as unix:/run/app.sock';
  return path.length > LONGEST ? `a socket whose path has more than ${LONGEST} characters` : undefined;
}

/** What undici is told about a URL. */
export function undiciOrigin(url: string): { readonly origin: string; readonly connect: { socketPath?: string } } {
  const socketPath = socketPathOf(url);
  if (socketPath === undefined) return { origin: new URL(url).origin, connect: {} };
  return { origin: 'http://localhost', connect: { socketPath } };
}
