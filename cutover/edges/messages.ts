import type { ConfigurationAnswer, ConfigurationOrder } from '../configuration/configuration-order.ts';
import type { EndpointsByTarget } from '../endpoints/endpoint-directory.ts';
import type { UnitRecord } from '../unit-record.ts';
import type { FlagStanding, UnitCounts } from '../unit-runtime.ts';

/** Who an edge is; the first message of its session. */
export interface Hello {
  /** The same after a restart. */
  readonly name: string;
  /** Another one after a restart. */
  readonly incarnation: string;
  /** Where its admin listener answers, on the host its session comes from; 0: it has none. */
  readonly adminPort: number;
}

/** A hold as it was asked for. The number tells this one from an earlier one. */
export interface HoldOrder {
  readonly order: number;
  readonly budgetMs: number;
}

/** What became of it: whether all writes inside ended within the budget. */
export interface HoldAnswer {
  readonly order: number;
  readonly drained: boolean;
}

/** From an edge to control. The members of one message are dealt with in this order. */
export interface FromEdge {
  readonly hello?: Hello;
  /** The number of this question, and of the newest beat that was dealt with. */
  readonly ping?: { readonly number: number; readonly echo: number };
  /** The epoch it decides with, of each unit. */
  readonly epochs?: Readonly<Record<string, number>>;
  readonly held?: Readonly<Record<string, HoldAnswer>>;
  readonly counts?: Readonly<Record<string, UnitCounts>>;
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
  readonly records?: readonly UnitRecord[];
  /** Who has registered as an endpoint: all of them. */
  readonly endpoints?: EndpointsByTarget;
  readonly configuration?: ConfigurationOrder;
  /** All units whose writes are to be held, and no others. */
  readonly holds?: Readonly<Record<string, HoldOrder>>;
  readonly beat?: Beat;
}
