import type { LedgerReport } from '../../edge/index.ts';
import type { FlagStanding, UnitCounts } from '../unit/unit-runtime.ts';
import type { ConfigurationAnswer } from '../configuration/configuration-order.ts';
import type { JsonPeer } from './json-peer.ts';
import type { Beat, FromEdge, Hello, HoldAnswer, ToEdge } from './messages.ts';

type Peer = Pick<JsonPeer<FromEdge, ToEdge>, 'send' | 'close'>;

/** Beats whose sending is remembered; an echo of an older one tells nothing new. */
const REMEMBERED = 64;
const MOST_LEDGERS = 100;

/** Control's end of one edge's connection: what the edge has told in it. */
export class EdgeSession {
  readonly hello: Hello;
  readonly address: string;
  readonly epochs: Record<string, number> = {};
  readonly held: Record<string, HoldAnswer> = {};
  counts: Readonly<Record<string, UnitCounts>> | undefined;
  /** By the id of the ledger. */
  readonly ledgers = new Map<string, LedgerReport>();
  flags: FlagStanding | undefined;
  /** What became of the last configuration it was told, and when that was heard. */
  configured: (ConfigurationAnswer & { readonly at: number }) | undefined;
  heardAt: number;
  readonly #peer: Peer;
  readonly #beats = new Map<number, number>();
  #beat = 0;

  constructor(hello: Hello, host: string, peer: Peer, now: number) {
    this.hello = hello;
    this.address = hello.adminPort > 0 ? `${host}:${hello.adminPort}` : '';
    this.#peer = peer;
    this.heardAt = now;
  }

  get name(): string {
    return this.hello.name;
  }

  /** An edge speaks of one run of a unit at a time: of its last. */
  hear(report: LedgerReport): void {
    this.ledgers.set(report.ledger, report);
    if (this.ledgers.size > MOST_LEDGERS)
      for (const first of this.ledgers.keys()) return void this.ledgers.delete(first);
  }

  send(message: ToEdge): void {
    this.#peer.send(message);
  }

  close(): void {
    this.#peer.close();
  }

  sendBeat(beat: Omit<Beat, 'number'>, now: number): void {
    const number = ++this.#beat;
    this.#beats.set(number, now);
    this.#beats.delete(number - REMEMBERED);
    this.send({ beat: { number, ...beat } });
  }

  /** When a beat was sent; undefined for one that was not, or long ago. */
  sentAt(beat: number): number | undefined {
    return this.#beats.get(beat);
  }
}
