import type { OutgoingCall } from '../edge/shadow-writes/contract.ts';

/** What a handler gets for a call that is not sent. */
export interface StandInAnswer {
  readonly status: number;
  readonly body: string;
}

/** What a dry run does with whatever its handler asks of others. */
export interface CallRecorder {
  /** Takes down a call, and says what its handler is told. */
  record(call: OutgoingCall): StandInAnswer;
  /** Takes down a connection that is refused: `host:port`. */
  refuse(place: string): void;
}

/** The recorder of the dry run this code runs in; undefined outside of any. */
export type CurrentRecorder = () => CallRecorder | undefined;

/** Without the query: it may say who a call is about. */
export function callOf(method: string, origin: string, path: string): OutgoingCall {
  return { method: method.toUpperCase(), url: `${origin.replace(/\/$/, '')}${path.replace(/[?#].*$/s, '')}` };
}
