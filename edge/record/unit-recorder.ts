import { Recording } from './recording.ts';
import {
  recordedAlready,
  type RecordingRefused,
  type RecordingUnderWay,
  type RecordOrder,
  type RecordSink,
  type RequestRecorder,
} from './request-recorder.ts';

/** Where a recording is put while it goes on; requests that go by look here. */
export interface Recorded {
  recording: Recording | undefined;
}

/** Records what goes by in this process. */
export class UnitRecorder implements RequestRecorder {
  readonly #units: ReadonlyMap<string, Recorded>;

  constructor(units: ReadonlyMap<string, Recorded>) {
    this.#units = units;
  }

  begin(order: RecordOrder, sink: RecordSink): Promise<RecordingUnderWay | RecordingRefused> {
    return Promise.resolve(this.#begin(order, sink));
  }

  #begin(order: RecordOrder, sink: RecordSink): RecordingUnderWay | RecordingRefused {
    const home = this.#units.get(order.unit);
    if (!home) return { refused: `this edge has no routes of "${order.unit}"` };
    if (home.recording) return recordedAlready(order.unit);
    const recording = new Recording(order, sink);
    home.recording = recording;
    const end = (): ReturnType<RecordingUnderWay['end']> => {
      home.recording = undefined;
      return Promise.resolve(recording.counts);
    };
    return { end };
  }
}
