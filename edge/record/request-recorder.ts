import type { RecordedRequest } from './recorded-request.ts';

/** What of a unit is to be recorded. */
export interface RecordOrder {
  readonly unit: string;
  /** Of the subjects, above 0 to 1: all requests of one, or none. */
  readonly share: number;
  /** What is not masked. */
  readonly keep: readonly string[];
  /**
   * Made anew for each recording, and kept nowhere. Whoever records with the same key takes the same subjects and calls
   * each of them the same.
   */
  readonly key: string;
  /** Since when requests are timed: milliseconds of the epoch, by this machine's clock. */
  readonly beganAt: number;
}

/** What a recording does not have, so far. */
export interface Missing {
  /** Requests that nobody took fast enough. */
  readonly dropped: number;
  /** Processes that ended without a last word: what they had not passed on is not even counted. */
  readonly lost: number;
}

export interface RecordingCounts extends Missing {
  readonly taken: number;
}

/** Takes a request; false when it cannot. */
export type RecordSink = (request: RecordedRequest, missing: Missing) => boolean;

export interface RecordingUnderWay {
  end(): Promise<RecordingCounts>;
}

export interface RecordingRefused {
  readonly refused: string;
}

/** Whoever can record requests as they go by: the process of an edge, or the cluster of several. */
export interface RequestRecorder {
  /** Resolves when requests are taken from now on. There is one recording of a unit at a time. */
  begin(order: RecordOrder, sink: RecordSink): Promise<RecordingUnderWay | RecordingRefused>;
}

export function recordedAlready(unit: string): RecordingRefused {
  return { refused: `requests of "${unit}" are being recorded already` };
}
