import { Server } from 'node:net';

/** Something with connections that can be closed in steps. */
export interface Side {
  /** Where they come in; undefined when they come from another side. */
  readonly server?: Server;
  /** Answers from now on tell the client to go. */
  leave(): void;
  /** Ends connections with no request under way. */
  endIdle(): void;
  cut(): void;
}

export interface DrainBudget {
  /** How long idle connections stay open, for a request that may be on its way to them. */
  readonly lingerMs: number;
  /** Until everything ends. */
  readonly drainMs: number;
}

const END_EVERY_MS = 50;

/**
 * Takes no new connections and lets what is under way end. A client that keeps its connection is told with its next
 * answer; one that says nothing is closed on after the linger, so that hardly a request meets a closing connection.
 */
export async function drain(sides: readonly Side[], { lingerMs, drainMs }: DrainBudget): Promise<void> {
  const closed = sides.map(({ server }) => stopListening(server));
  for (const side of sides) side.leave();
  const endIdle = (): void => {
    for (const side of sides) side.endIdle();
  };
  let ending: NodeJS.Timeout | undefined;
  const linger = setTimeout(
    () => {
      endIdle();
      ending = setInterval(endIdle, END_EVERY_MS);
    },
    Math.min(lingerMs, drainMs),
  );
  const cut = setTimeout(() => {
    for (const side of sides) side.cut();
  }, drainMs);
  await Promise.all(closed);
  clearTimeout(linger);
  clearInterval(ending);
  clearTimeout(cut);
}

/** Resolves with the last connection. The servers' own `close` would end idle connections at once. */
function stopListening(server: Server | undefined): Promise<void> {
  if (!server?.listening) return Promise.resolve();
  return new Promise((resolve) => Server.prototype.close.call(server, () => resolve()));
}
