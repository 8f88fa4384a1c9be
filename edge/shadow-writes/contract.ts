/**
 * How an edge and a service speak about a write that must not happen. The edge says what it wants in `x-banyan-shadow`;
 * a service that has kept its side says so in `x-banyan-shadow-ack`. Clients cannot say either: the edge takes every
 * `x-banyan-` header from them.
 */
export const SHADOW_HEADER = 'x-banyan-shadow';
export const SHADOW_ACK_HEADER = 'x-banyan-shadow-ack';
/** Rows as they were before the write, for a service whose copy holds it already: base64url of JSON, `RewindRow[]`. */
export const SHADOW_REWIND_HEADER = 'x-banyan-shadow-rewind';
export const SHADOW_ANSWER_TYPE = 'application/vnd.banyan.shadow+json';

/** `validate`: would it be taken? `dry-run`: what would it change? */
export type WriteShadow = 'validate' | 'dry-run';

/**
 * What each wish is acknowledged with. `refused` acknowledges both writes as well: the service knows what was wanted,
 * and has done nothing.
 */
export const SHADOW_ACKS = { probe: 'ready', validate: 'validated', 'dry-run': 'rolled-back' } as const;
export const SHADOW_REFUSED = 'refused';

export type ShadowWish = keyof typeof SHADOW_ACKS;

/** Column values as the database prints them; bytes in hexadecimal. */
export type EffectValue = string | null | { readonly hex: string };
export type EffectColumns = Readonly<Record<string, EffectValue>>;

/** A row that is to be as it was: without columns it did not exist. */
export interface RewindRow {
  readonly table: string;
  readonly key: EffectColumns;
  readonly columns: EffectColumns | null;
}

/** What became of one row between the beginning and the end of a transaction. */
export interface RowEffect {
  readonly table: string;
  readonly key: EffectColumns;
  /** Null when there was none; absent when that was not seen (`ON DUPLICATE KEY UPDATE`, `REPLACE`). */
  readonly before?: EffectColumns | null;
  /** Null when there is none any more. */
  readonly after: EffectColumns | null;
}

/** A call to somebody else that was recorded and not sent. No query, no body: they may say who it is about. */
export interface OutgoingCall {
  readonly method: string;
  /** Origin and path: `https://mail.example/v1/messages`. */
  readonly url: string;
}

export interface EffectReport {
  readonly rows: readonly RowEffect[];
  readonly calls: readonly OutgoingCall[];
  /** Statements that changed rows nobody could look at: `MERGE INTO`, `UPDATE` of two tables. Nothing but their first words. */
  readonly unseen: readonly string[];
  /** Connections it tried to open to others, which were refused: `host:port`. */
  readonly refused: readonly string[];
}

/** What a service sends in place of the answer itself. */
export interface ShadowAnswer {
  readonly status: number;
  /** Flat: name, value, name, value. */
  readonly headers: readonly string[];
  /** Base64. */
  readonly body: string;
  /** Absent with `validate`. */
  readonly effects?: EffectReport;
}
