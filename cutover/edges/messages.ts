import type { LedgerReport, ShadowOrder } from '../../edge/index.ts';
import type { ConfigurationAnswer, ConfigurationOrder } from '../configuration/configuration-order.ts';
import type { EndpointsByTarget } from '../endpoints/endpoint-directory.ts';
import type { Side } from '../stage.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type { FlagStanding, UnitCounts } from '../unit/unit-runtime.ts';

/** Who an edge is; the first message of its session. */
export interface Hello {
  /** The same after a restart. */
  readonly name: string;
  /** Another one after a restart. */
  readonly incarnation: string;
  /** Where its admin listener answers, on the host its session comes from; 0: it has none. */
  readonly adminPort: number;
  /** Its writes that have not ended. */
  readonly marks: readonly MarkLine[];
}

/** A hold as it was asked for. The number tells this one from an earlier one. */
export interface HoldOrder {
  readonly order: number;
  readonly budgetMs: number;
  /** Only writes of these subjects. */
  readonly keys?: readonly string[] | undefined;
}

/** What became of it: whether all writes inside ended within the budget. */
export interface HoldAnswer {
  readonly order: number;
  readonly drained: boolean;
}

/** A write that is being forwarded: its number at that edge, where, and by whom or to what. */
export type MarkLine = readonly [
  ticket: number,
  side: Side,
  unit: string,
  subject: string | null,
  entity: string | null,
];

/** A write that has ended: a position after it, or null when it was never sent. */
export type EndLine = readonly [ticket: number, at: string | null];

/** The writes of one edge, as the others are told of them. */
export interface MarkNews {
  /** Grows; what was dealt with is acknowledged by it. */
  readonly revision: number;
  readonly from: string;
  readonly marks: readonly MarkLine[];
  readonly ends: readonly EndLine[];
  /** The marks are all of that edge's: what is not among them has ended, nobody says where. */
  readonly isAll?: true;
}

/** From an edge to control. The members of one message are dealt with in this order. */
export interface FromEdge {
  readonly hello?: Hello;
  readonly marks?: readonly MarkLine[];
  readonly ends?: readonly EndLine[];
  /** The newest revision of the others' marks that was dealt with. */
  readonly ack?: number;
  /** The number of this question, and of the newest beat that was dealt with. */
  readonly ping?: { readonly number: number; readonly echo: number };
  /** The epoch it decides with, of each unit. */
  readonly epochs?: Readonly<Record<string, number>>;
  readonly held?: Readonly<Record<string, HoldAnswer>>;
  readonly counts?: Readonly<Record<string, UnitCounts>>;
  /** What it has seen of runs of mirroring: those that changed since it told last. */
  readonly ledgers?: readonly LedgerReport[];
  readonly flags?: FlagStanding;
  readonly configured?: ConfigurationAnswer;
  /** It has carried its last request. */
  readonly bye?: true;
}

/** The answer to a ping. */
export interface Beat {
  readonly number: number;
  readonly ping: number;
  /** Milliseconds, counted from the sending of the ping, for which the edge may call itself live; 0: not longer than it may already. */
  readonly liveForMs: number;
  /** Grows whenever an edge comes or goes. */
  readonly membership: number;
  /** How many edges there are besides this one. */
  readonly others: number;
}

/** From control to an edge. The members of one message are dealt with in this order. */
export interface ToEdge {
  readonly refused?: { readonly code: string; readonly message: string };
  /** By which term control leads; in its first message. Who has heard of a later one hears no more of this. */
  readonly term?: number;
  readonly records?: readonly UnitRecord[];
  /** Who has registered as an endpoint: all of them. */
  readonly endpoints?: EndpointsByTarget;
  readonly configuration?: ConfigurationOrder;
  /** All units whose writes are to be held, and no others. */
  readonly holds?: Readonly<Record<string, HoldOrder>>;
  /** All runs of mirroring that go on, by unit, and no others. */
  readonly runs?: Readonly<Record<string, ShadowOrder>>;
  readonly marks?: MarkNews;
  /** An edge that is gone: nobody will say how its writes ended. */
  readonly gone?: string;
  /** Every edge knows of this one's writes up to this number, or cannot show anybody a copy. */
  readonly settled?: number;
  readonly beat?: Beat;
}
