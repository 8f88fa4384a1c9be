import { messageOf, type Log } from '../../shared/index.ts';
import { cutoverErrors } from '../errors.ts';
import type { EdgeStanding } from '../unit/unit-runtime.ts';
import type { EdgeRegistry, RegisteredEdge } from './edge-registry.ts';
import { EdgeSession } from './edge-session.ts';
import type { JsonPeer } from './json-peer.ts';
import { LEASE_MS, Membership } from './membership.ts';
import type { FromEdge, Hello, ToEdge } from './messages.ts';
import type { Presence } from './probe.ts';

export interface RosterParts {
  readonly registry: Pick<EdgeRegistry, 'load' | 'add' | 'remove'>;
  /** Whether somebody listens at `host:port`. */
  readonly probe: (address: string) => Promise<Presence>;
  /** An edge is known to carry no request any more. */
  readonly onGone: (name: string) => void;
  readonly log: Log;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  readonly leaseMs?: number;
}

type Peer = Pick<JsonPeer<FromEdge, ToEdge>, 'send' | 'close'>;

const NAME = /^[\w.:@/-]{1,190}$/;

/**
 * Which edges there are. They come by themselves, with a name of their own. One whose connection is lost stays on the
 * roster, silent, for it may be carrying requests all the same, until it is back or known to be gone: by its goodbye,
 * because nobody listens at its address any more, because it was started again, or because an operator says so.
 */
export class EdgeRoster {
  readonly membership: Membership;
  readonly #parts: RosterParts;
  readonly #sessions = new Map<string, EdgeSession>();
  readonly #registered = new Map<string, RegisteredEdge>();

  constructor(parts: RosterParts) {
    this.#parts = parts;
    this.membership = new Membership(parts.leaseMs);
  }

  /** Those of a former control process; each is silent until it comes again. */
  async load(): Promise<void> {
    for (const edge of await this.#parts.registry.load()) {
      this.#registered.set(edge.name, edge);
      this.membership.restore(edge.name, this.#parts.now());
    }
  }

  connected(): EdgeSession[] {
    return [...this.#sessions.values()];
  }

  /** Names of those that are on the roster and not connected. */
  silent(): string[] {
    return [...this.membership.members()].filter(({ isConnected }) => !isConnected).map(({ name }) => name);
  }

  standings(): EdgeStanding[] {
    const now = this.#parts.now();
    return [...this.membership.members()].map(({ name, isConnected, lostAt }) => ({
      name,
      address: this.#registered.get(name)?.address ?? '',
      ...(isConnected ? {} : { silentMs: Math.round(now - lostAt) }),
    }));
  }

  /** Throws EDGE_NAME_TAKEN when another edge of that name is connected. */
  admit(hello: Hello, host: string, peer: Peer): EdgeSession {
    const { name, incarnation } = hello;
    if (!NAME.test(name)) throw cutoverErrors.error('EDGE_NAME_TAKEN', { message: `"${name}" is no name of an edge` });
    const former = this.#sessions.get(name);
    if (former && former.hello.incarnation !== incarnation)
      throw cutoverErrors.error('EDGE_NAME_TAKEN', {
        message: `an edge named ${name} is connected from ${former.address || 'somewhere'} already`,
      });
    former?.close();
    const wasAnother = this.#registered.has(name) && this.#registered.get(name)?.incarnation !== incarnation;
    if (wasAnother) this.#retire(name, 'it was started again');
    const session = new EdgeSession(hello, host, peer, this.#parts.now());
    this.#sessions.set(name, session);
    this.membership.join(name, this.#parts.now());
    void this.#register({ name, incarnation, address: session.address });
    return session;
  }

  /** Its connection is gone. */
  lose(session: EdgeSession): void {
    if (this.#sessions.get(session.name) !== session) return;
    this.#sessions.delete(session.name);
    this.membership.lose(session.name, this.#parts.now());
    this.#parts.log.warn(
      { edge: session.name },
      'the connection of an edge is lost; until it is back or known to be gone, reads go to the owner',
    );
  }

  /** It said goodbye: all its requests have ended. */
  leave(session: EdgeSession): void {
    if (this.#sessions.get(session.name) !== session) return;
    this.#sessions.delete(session.name);
    this.#retire(session.name, 'it said goodbye');
  }

  /** The word of an operator that an edge is gone. Throws EDGE_CONNECTED or EDGE_UNKNOWN. */
  forget(name: string): void {
    if (!this.membership.get(name)) throw cutoverErrors.error('EDGE_UNKNOWN', { message: `there is no edge ${name}` });
    if (this.#sessions.has(name))
      throw cutoverErrors.error('EDGE_CONNECTED', { message: `edge ${name} is connected and at work` });
    this.#retire(name, 'an operator said so');
  }

  /**
   * Ends connections in which nothing has come for three leases: the network may have died in silence. Not sooner: no
   * promise rests on it, and a process that slept finds its timers due before it finds what has come meanwhile.
   */
  endSilent(): void {
    const { now, leaseMs = LEASE_MS } = this.#parts;
    for (const session of this.#sessions.values()) if (now() - session.heardAt > 3 * leaseMs) session.close();
  }

  /** Looks for silent edges whose process has ended. */
  async probe(): Promise<void> {
    await Promise.all(
      this.silent().map(async (name) => {
        const edge = this.#registered.get(name);
        if (!edge?.address || (await this.#parts.probe(edge.address)) !== 'refused') return;
        if (this.#registered.get(name) === edge && !this.#sessions.has(name))
          this.#retire(name, `nobody listens at ${edge.address} any more`);
      }),
    );
  }

  #retire(name: string, because: string): void {
    const edge = this.#registered.get(name);
    this.#registered.delete(name);
    this.membership.remove(name, this.#parts.now());
    this.#parts.onGone(name);
    this.#parts.log.info({ edge: name, because }, 'an edge is gone');
    if (edge) void this.#keep(() => this.#parts.registry.remove(name, edge.incarnation));
  }

  async #register({ name, incarnation, address }: RegisteredEdge): Promise<void> {
    if (this.#registered.get(name)?.incarnation !== incarnation) await this.#enter({ name, incarnation, address: '' });
    // An address at which nobody was ever seen listening (a proxy may stand between) says nothing later on.
    if (address === '' || (await this.#parts.probe(address)) !== 'listening') return;
    const known = this.#registered.get(name);
    if (known?.incarnation === incarnation && known.address !== address)
      await this.#enter({ name, incarnation, address });
  }

  async #enter(edge: RegisteredEdge): Promise<void> {
    this.#registered.set(edge.name, edge);
    await this.#keep(() => this.#parts.registry.add(edge));
  }

  /** The roster in memory counts; the one on disk is for the next control process. */
  async #keep(change: () => Promise<void>): Promise<void> {
    try {
      await change();
    } catch (error) {
      this.#parts.log.error(
        { problem: messageOf(error) },
        'the roster of the edges could not be kept for the next start',
      );
    }
  }
}
