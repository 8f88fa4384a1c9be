import type { RecordingRefused, RecordingUnderWay, RecordSink, RequestRecorder } from '../record/request-recorder.ts';
import type { RecordedWord, ToWorker } from './messages.ts';

/** Says something to the cluster; false when more waits to be passed on than should, `sent` when this has been. */
type Say = (word: RecordedWord, sent?: () => void) => boolean;

/** What this worker records for its cluster. */
export class WorkerRecordings {
  readonly #recorder: RequestRecorder;
  readonly #underWay = new Map<number, Promise<RecordingUnderWay | RecordingRefused>>();
  readonly #say: Say;
  /** The channel carries new connections too: nothing is to pile up in front of them. */
  #isFull = false;

  constructor(recorder: RequestRecorder, say: Say) {
    this.#recorder = recorder;
    this.#say = say;
  }

  take({ number, order }: NonNullable<ToWorker['record']>): void {
    if (!order) return void this.#end(number);
    const begun = this.#recorder.begin(order, this.#sinkOf(number));
    this.#underWay.set(number, begun);
    void this.#answer(number, begun);
  }

  /** The last word on each: what this worker has taken is with the cluster then. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#underWay.keys()].map((number) => this.#end(number)));
  }

  async #answer(number: number, begun: Promise<RecordingUnderWay | RecordingRefused>): Promise<void> {
    const result = await begun;
    if (!('refused' in result)) return void this.#say({ number, dropped: 0 });
    this.#underWay.delete(number);
    this.#say({ number, dropped: 0, refused: result.refused, isOver: true });
  }

  async #end(number: number): Promise<void> {
    const begun = await this.#underWay.get(number);
    if (!begun || 'refused' in begun || !this.#underWay.delete(number)) return;
    const { dropped } = await begun.end();
    this.#say({ number, dropped, isOver: true });
  }

  #sinkOf(number: number): RecordSink {
    return (request, { dropped }) => {
      if (this.#isFull) return false;
      this.#isFull = !this.#say({ number, request, dropped }, () => (this.#isFull = false));
      return true;
    };
  }
}
