import {
  recordedAlready,
  type RecordingRefused,
  type RecordingUnderWay,
  type RecordOrder,
  type RecordSink,
  type RequestRecorder,
} from '../record/request-recorder.ts';
import { ClusterRecording } from './cluster-recording.ts';
import type { Member } from './member.ts';
import type { RecordedWord } from './messages.ts';

/** Has all workers of a cluster record as one process would. */
export class ClusterRecorder implements RequestRecorder {
  readonly #members: ReadonlySet<Member>;
  readonly #byUnit = new Map<string, ClusterRecording>();
  #number = 0;

  constructor(members: ReadonlySet<Member>) {
    this.#members = members;
  }

  async begin(order: RecordOrder, sink: RecordSink): Promise<RecordingUnderWay | RecordingRefused> {
    const { unit } = order;
    if (this.#byUnit.has(unit)) return recordedAlready(unit);
    const recording = new ClusterRecording(++this.#number, order, sink);
    this.#byUnit.set(unit, recording);
    const end = async (): ReturnType<RecordingUnderWay['end']> => {
      const counts = await recording.end();
      this.#byUnit.delete(unit);
      return counts;
    };
    await recording.begin(this.#members);
    const { refused } = recording;
    if (refused === undefined) return { end };
    await end();
    return { refused };
  }

  /** A worker that is about to open its doors records what the others do, from its first request on. */
  join(member: Member): void {
    for (const recording of this.#byUnit.values()) void recording.join(member);
  }

  hear(member: Member, word: RecordedWord): void {
    for (const recording of this.#byUnit.values()) recording.hear(member, word);
  }

  /** A worker is gone, and all that it said has been heard. */
  leave(member: Member): void {
    for (const recording of this.#byUnit.values()) recording.leave(member);
  }
}
