import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { messageOf, replaceFile, type Log } from '../../shared/index.ts';
import { parseFeatureSet, revisionOf, type FeatureSet } from '../feature-set.ts';

/** A set and when it was last known to be current, in milliseconds since 1970. */
export interface Snapshot {
  readonly set: FeatureSet;
  readonly asOf: number;
}

export interface SnapshotFileOptions {
  readonly path: string;
  /** Where the set comes from: another server's set is no good. */
  readonly url: string;
  /** Signs the file. The server's token, so that the set of another environment is no good either. */
  readonly key: string;
  readonly log: Log;
}

const FORMAT = 'banyan-flags-1';

interface Content {
  readonly format: string;
  readonly url: string;
  readonly revision: string;
  readonly asOf: number;
  readonly set: FeatureSet;
}

/**
 * The last good set on disk, for a start while the server is away. Replaced as a whole; a file that was changed, cut or
 * written for another server is not read.
 */
export class SnapshotFile {
  readonly #options: SnapshotFileOptions;
  #writing: Promise<void> | undefined;
  #next: Snapshot | undefined;
  #isBroken = false;

  constructor(options: SnapshotFileOptions) {
    this.#options = options;
  }

  /** Undefined when there is no file, or none that can be trusted; the log says which. */
  async read(): Promise<Snapshot | undefined> {
    const { path, log } = this.#options;
    try {
      return this.#verify(await readFile(path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        log.warn({ path, problem: messageOf(error) }, 'flag snapshot is not used');
      return undefined;
    }
  }

  /** Writes behind; of several at once the last one counts. A disk that refuses must not keep flags from being read. */
  keep(snapshot: Snapshot): void {
    this.#next = snapshot;
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
  }

  async flush(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (let snapshot = this.#next; snapshot; snapshot = this.#next) {
      this.#next = undefined;
      try {
        await replaceFile(this.#options.path, this.#textOf(snapshot), { mode: 0o600 });
        this.#isBroken = false;
      } catch (error) {
        this.#complain(error);
      }
    }
  }

  #complain(error: unknown): void {
    const { path, log } = this.#options;
    if (!this.#isBroken) log.error({ path, problem: messageOf(error) }, 'flag snapshot cannot be written');
    this.#isBroken = true;
  }

  #textOf({ set, asOf }: Snapshot): string {
    const content: Content = { format: FORMAT, url: this.#options.url, revision: revisionOf(set), asOf, set };
    return `${JSON.stringify({ ...content, signature: this.#sign(content) })}\n`;
  }

  #verify(text: string): Snapshot {
    const { signature, ...content } = JSON.parse(text) as Content & { signature: string };
    const wanted = Buffer.from(this.#sign(content));
    const given = Buffer.from(signature);
    if (content.format !== FORMAT || given.length !== wanted.length || !timingSafeEqual(given, wanted))
      throw new Error('it was changed, or written with another UNLEASH_API_TOKEN');
    if (content.url !== this.#options.url) throw new Error(`it is of ${content.url}`);
    return { set: parseFeatureSet(JSON.stringify(content.set), this.#options.path), asOf: content.asOf };
  }

  #sign({ format, url, revision, asOf, set }: Content): string {
    const signed = JSON.stringify([format, url, revision, asOf, set]);
    return createHmac('sha256', this.#options.key).update(signed).digest('base64url');
  }
}
