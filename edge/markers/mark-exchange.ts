import type { Side } from '../decide/unit-state.ts';

/** A write as the edges tell each other of it. Without subject and entity it may be anybody's. */
export interface SharedMark {
  readonly unit: string;
  readonly side: Side;
  /** Undefined when nobody is known to have written. */
  readonly subject: string | undefined;
  /** What was written, `<entity>/<id>`; undefined when the route does not say. */
  readonly entity: string | undefined;
}

/** Says when an answer may begin. */
export interface Clearance {
  readonly isClear: boolean;
  /** Calls back once, later, when it has become clear. */
  onClear(listener: () => void): void;
}

/** A write that the other edges are told of. Clear once each of them knows, or cannot show anybody a copy any more. */
export interface Announcement extends Clearance {
  /** The write has ended. `at`: a position after it, as text; undefined when it was never sent. */
  end(at: string | undefined): void;
}

/** A write of another edge, as this one keeps it. Exactly one of the three is called, once. */
export interface ForeignMark {
  end(at: string | undefined): void;
  /** The other edge is gone: nobody will say how its write ended. */
  abandon(): void;
  /** What was heard of the other edge no longer counts. */
  drop(): void;
}

export interface MarkFollower {
  begun(mark: SharedMark): ForeignMark;
  /** An edge has come or gone: it may have acknowledged writes that nobody was told of. */
  membershipChanged(): void;
}

/**
 * Where the edges of one installation tell each other of writes, so that a subject may write through one and read through
 * another. Announcements become clear in their order. docs/adr/0016-marks-over-several-edges.md says why this is enough.
 */
export interface MarkExchange {
  /**
   * True while every write that was acknowledged through another edge is marked here. False means that nothing is known:
   * reads go to the owner.
   */
  isLive(): boolean;
  /** False while nobody can be told: what is written now has to travel with its client. */
  canTell(): boolean;
  /** To be called before the write is forwarded. */
  announce(mark: SharedMark): Announcement;
  /** Once, before the first announcement. */
  follow(follower: MarkFollower): void;
}
