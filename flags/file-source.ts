import { messageOf, WatchedFile, type Log } from '../shared/index.ts';
import { emptyFeatureSet, parseFeatureSet } from './feature-set.ts';
import type { FlagSink, FlagSource } from './flag-source.ts';

const POLL_MS = 1000;

/** A file in the format of `GET /api/client/features`, read again within milliseconds of a change. */
export class FileSource implements FlagSource {
  readonly name: string;
  readonly staleAfterMs = 5 * POLL_MS;
  readonly #log: Log;
  readonly #file: WatchedFile;
  #sink: FlagSink | undefined;
  /** The text last looked at, good or bad; null before the first look. */
  #seen: string | undefined | null = null;
  #isGood = false;

  constructor(path: string, log: Log) {
    this.name = path;
    this.#log = log;
    this.#file = new WatchedFile(path, (text) => this.#read(text), POLL_MS);
  }

  async start(sink: FlagSink): Promise<void> {
    this.#sink = sink;
    await this.#file.start();
  }

  stop(): Promise<void> {
    return this.#file.stop();
  }

  /** A missing file is a set with nothing in it; an unreadable one changes nothing and ages the set in use. */
  #read(text: string | undefined): void {
    if (text === this.#seen) {
      if (this.#isGood) this.#sink?.confirm();
      return;
    }
    this.#seen = text;
    if (text === undefined) this.#log.warn({ path: this.name }, 'no flag file: nothing is enabled');
    try {
      this.#sink?.take(text === undefined ? emptyFeatureSet : parseFeatureSet(text, this.name));
      this.#isGood = true;
    } catch (error) {
      this.#isGood = false;
      this.#sink?.fail('invalid', messageOf(error));
    }
  }
}
