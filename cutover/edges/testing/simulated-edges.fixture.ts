import type { ForeignMark, SharedMark } from '../../../edge/index.ts';
import { seededRandom, silentLog } from '../../../shared/index.ts';
import { EdgeHub, type Attendant } from '../edge-hub.ts';
import { EdgeLink, type LinkedEdge } from '../edge-link.ts';
import type { RegisteredEdge } from '../edge-registry.ts';
import type { PeerHandlers } from '../json-peer.ts';
import type { FromEdge, ToEdge } from '../messages.ts';

/** A random number in [0, 1), the same for the same seed. */
export type Random = () => number;

interface Write {
  readonly by: string;
  readonly subject: string;
  /** Its place in the log, once committed. */
  position: number;
  isAcknowledged: boolean;
}

/**
 * Real hubs and links on simulated time over a network that delays, stalls, cuts and loses. Each edge keeps what it hears
 * as `Markers` would: marks by subject, and a floor.
 */
export class SimulatedWorld {
  readonly writes: Write[] = [];
  readonly edges = new Map<string, SimulatedEdge>();
  readonly random: Random;
  readonly #registered = new Map<string, RegisteredEdge>();
  readonly #dead = new Set<string>();
  hub: EdgeHub | undefined;
  position = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  upTo(ms: number): number {
    return Math.floor(this.random() * ms);
  }

  async startControl(): Promise<void> {
    const hub = new EdgeHub({
      term: 1,
      leads: () => true,
      log: silentLog,
      states: { value: () => [], onChange: () => () => undefined },
      endpoints: { value: () => ({}), onChange: () => () => undefined },
      probe: (address) => Promise.resolve(this.#dead.has(address) ? 'refused' : 'listening'),
      registry: {
        load: () => Promise.resolve([...this.#registered.values()]),
        add: (edge) => Promise.resolve(void this.#registered.set(edge.name, edge)),
        remove: (name, incarnation) => {
          if (this.#registered.get(name)?.incarnation === incarnation) this.#registered.delete(name);
          return Promise.resolve();
        },
      },
    });
    await hub.start();
    this.hub = hub;
  }

  killControl(): void {
    this.hub?.stop();
    this.hub = undefined;
    for (const edge of this.edges.values()) edge.loseWires();
  }

  startEdge(name: string, port: number): void {
    this.#dead.delete(`${name}:${port}`);
    this.edges.set(name, new SimulatedEdge(this, name, port));
  }

  /** No goodbye, and nobody listens at its address any more. */
  killEdge(name: string): void {
    const edge = this.edges.get(name);
    if (!edge) return;
    this.edges.delete(name);
    edge.kill();
    this.#dead.add(`${name}:${edge.port}`);
  }

  /** An acknowledged write that a live edge knows nothing of: what must never be. */
  unknownWrite(): string | undefined {
    for (const edge of this.edges.values()) {
      if (!edge.link.isLive()) continue;
      const unknown = this.writes.find((write) => write.isAcknowledged && write.by !== edge.id && !edge.knows(write));
      if (unknown) return `${edge.name} is live and knows nothing of a write through ${unknown.by}`;
    }
    return undefined;
  }
}

let lives = 0;

class SimulatedEdge {
  readonly name: string;
  readonly port: number;
  /** Another one after a restart. */
  readonly id: string;
  readonly link: EdgeLink;
  /** Delays what it sends and hears. */
  lagMs = 5;
  isCut = false;
  readonly #world: SimulatedWorld;
  readonly #marked = new Set<string>();
  readonly #wires = new Set<Wire>();
  #floor = 0;
  #isDead = false;

  constructor(world: SimulatedWorld, name: string, port: number) {
    this.#world = world;
    this.name = name;
    this.port = port;
    this.id = `${name}#${++lives}`;
    this.#floor = world.position;
    this.link = new EdgeLink({
      units: ['trips'],
      log: silentLog,
      states: { get: () => undefined, accept: () => undefined },
      endpoints: { accept: () => undefined },
      connect: (handlers) => this.#connect(handlers),
    });
    this.link.exchange.follow({
      begun: (mark) => this.#begun(mark),
      // Its sample is taken later; what is taken now is the least it can be.
      membershipChanged: () => (this.#floor = world.position),
    });
    const counts = { reads: 0, pinned: 0 };
    const edge: LinkedEdge = {
      hold: () => Promise.resolve(true),
      orderShadow: () => undefined,
      shadowLedger: () => undefined,
      release: () => undefined,
      counts: () => counts,
      configure: () => undefined,
      flags: () => ({ ageMs: 0, isStale: false }),
    };
    this.link.start(edge, { name, adminPort: port });
  }

  knows({ subject, position }: Write): boolean {
    return this.#marked.has(subject) || this.#floor >= position;
  }

  /** A write that takes a while, is acknowledged when it may be, and whose position is found a while after. */
  write(): void {
    const world = this.#world;
    const subject = `s${world.writes.length}`;
    const write: Write = { by: this.id, subject, position: Number.POSITIVE_INFINITY, isAcknowledged: false };
    world.writes.push(write);
    const mark = this.link.exchange.announce({ unit: 'trips', side: 'legacy', subject, entity: undefined });
    const acknowledge = (): void => {
      if (this.#isDead) return;
      write.isAcknowledged = true;
      setTimeout(() => this.#isDead || mark.end(String(world.position)), world.upTo(300));
    };
    setTimeout(() => {
      write.position = ++world.position;
      if (mark.isClear) acknowledge();
      else mark.onClear(acknowledge);
    }, world.upTo(60));
  }

  loseWires(): void {
    for (const wire of this.#wires) wire.lose();
    this.#wires.clear();
  }

  kill(): void {
    this.#isDead = true;
    this.loseWires();
    // Nothing of it may run on: its timers end, its goodbye goes nowhere.
    void this.link.stop();
  }

  #begun({ subject = '' }: SharedMark): ForeignMark {
    this.#marked.add(subject);
    return { end: () => undefined, abandon: () => undefined, drop: () => this.#marked.delete(subject) };
  }

  async #connect(handlers: PeerHandlers<ToEdge>) {
    const { hub } = this.#world;
    await Promise.resolve();
    if (!hub || this.isCut || this.#isDead) throw new Error('unreachable');
    const wire = new Wire(this.#world, hub, this, handlers);
    this.#wires.add(wire);
    return wire.edgeEnd;
  }
}

/** One connection: order is kept, time is not; when it is lost, each end hears of it sometime, or never. */
class Wire {
  readonly edgeEnd: { readonly isClosed: boolean; send(message: FromEdge): void; close(): void };
  readonly #world: SimulatedWorld;
  readonly #edge: SimulatedEdge;
  readonly #attendant: Attendant;
  readonly #handlers: PeerHandlers<ToEdge>;
  #isLost = false;
  #upAt = 0;
  #downAt = 0;
  #isEdgeClosed = false;
  #isHubClosed = false;

  constructor(world: SimulatedWorld, hub: EdgeHub, edge: SimulatedEdge, handlers: PeerHandlers<ToEdge>) {
    this.#world = world;
    this.#edge = edge;
    this.#handlers = handlers;
    const send = (message: FromEdge): void => this.#send('up', structuredClone(message));
    this.edgeEnd = Object.defineProperty({ isClosed: false, send, close: () => this.#closeEdge() }, 'isClosed', {
      get: () => this.#isEdgeClosed,
    });
    this.#attendant = hub.attend(
      { send: (message) => this.#send('down', structuredClone(message)), close: () => this.#closeHub() },
      edge.name,
    );
  }

  /** What is on its way is lost. */
  lose(): void {
    this.#isLost = true;
    setTimeout(() => this.#closeEdge(), this.#world.upTo(3_000));
    setTimeout(() => this.#closeHub(), this.#world.upTo(3_000));
  }

  #send(way: 'up' | 'down', message: FromEdge | ToEdge): void {
    if (this.#isLost) return;
    const now = performance.now();
    const arrival = now + 1 + this.#world.upTo(this.#edge.lagMs);
    const at = Math.max(arrival, way === 'up' ? this.#upAt : this.#downAt);
    if (way === 'up') this.#upAt = at;
    else this.#downAt = at;
    setTimeout(() => this.#arrive(way, message), at - now);
  }

  #arrive(way: 'up' | 'down', message: FromEdge | ToEdge): void {
    if (this.#isLost) return;
    if (way === 'up' && !this.#isHubClosed) this.#attendant.take(message as FromEdge);
    if (way === 'down' && !this.#isEdgeClosed) this.#handlers.message(message as ToEdge);
  }

  #closeEdge(): void {
    if (this.#isEdgeClosed) return;
    this.#isEdgeClosed = true;
    this.#handlers.closed();
    if (!this.#isLost) setTimeout(() => this.#closeHub(), this.#world.upTo(50));
  }

  #closeHub(): void {
    if (this.#isHubClosed) return;
    this.#isHubClosed = true;
    this.#attendant.closed();
    if (!this.#isLost) setTimeout(() => this.#closeEdge(), this.#world.upTo(50));
  }
}
