import { socketPathOf } from '../targets/unix-socket.ts';
import { Connection, type ConnectionHome, type ConnectLimits, type Place } from './connection.ts';
import type { Endpoint, ForwardLimits, PoolState } from './forwarder.ts';

/** Waits for a connection; never called when it has given up. */
export interface Waiter {
  readonly isDone: boolean;
  take(connection: Connection): void;
}

export type PoolLimits = ConnectLimits & Pick<ForwardLimits, 'connections' | 'queue'>;

/** Below the five seconds after which most servers close an idle connection. */
const FREE_MS = 4000;

/** The connections to one target: a bulkhead. The most recently used is used first, so that the others can go. */
export class ConnectionPool implements ConnectionHome {
  readonly #target: string;
  readonly #place: Place;
  readonly #limits: PoolLimits;
  readonly #free: Connection[] = [];
  readonly #all = new Set<Connection>();
  #waiting: Waiter[] = [];

  constructor({ name, url }: Endpoint, limits: PoolLimits) {
    this.#target = name;
    this.#place = placeOf(url);
    this.#limits = limits;
  }

  state(): PoolState {
    const free = this.#free.length;
    return { target: this.#target, busy: this.#all.size - free, free, waiting: this.#waiting.length };
  }

  /** True when nothing would be lost with it. */
  get isIdle(): boolean {
    return this.#all.size === 0 && this.#waiting.length === 0;
  }

  /** Gives a connection now or when one is free. False when too many wait already. */
  acquire(waiter: Waiter): boolean {
    const connection = this.#free.pop() ?? this.#open();
    if (connection) waiter.take(connection);
    else if (this.#waiting.length < this.#limits.queue) this.#waiting.push(waiter);
    else return false;
    return true;
  }

  /** A connection nobody has used before, beside the others. */
  fresh(): Connection {
    return this.#add();
  }

  freed(connection: Connection): void {
    const next = this.#nextWaiter();
    if (next) return next.take(connection);
    connection.freeSince = performance.now();
    this.#free.push(connection);
  }

  gone(connection: Connection): void {
    this.#all.delete(connection);
    const at = this.#free.indexOf(connection);
    if (at >= 0) this.#free.splice(at, 1);
    const next = this.#waiting.length > 0 && this.#all.size < this.#limits.connections && this.#nextWaiter();
    if (next) next.take(this.#add());
  }

  /** Closes connections that were free for long; the oldest are at the front. */
  sweep(now: number): void {
    while (this.#free.length > 0 && now - (this.#free[0]?.freeSince ?? now) > FREE_MS) this.#free[0]?.drop();
  }

  close(): void {
    this.#waiting = [];
    for (const connection of this.#all) connection.drop();
  }

  #open(): Connection | undefined {
    return this.#all.size < this.#limits.connections ? this.#add() : undefined;
  }

  #add(): Connection {
    const connection = new Connection(this.#place, this.#limits, this);
    this.#all.add(connection);
    return connection;
  }

  #nextWaiter(): Waiter | undefined {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) if (!next.isDone) return next;
    return undefined;
  }
}

function placeOf(url: string): Place {
  const path = socketPathOf(url);
  if (path !== undefined) return { path };
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) };
}
