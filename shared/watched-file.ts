import { watch, type FSWatcher } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/**
 * Reads a small file again whenever it may have changed. The directory is watched, not the file: editors and atomic
 * writers replace the file, and a watch on the old inode would see nothing more. A slow poll catches what a watch
 * misses on network file systems.
 */
export class WatchedFile {
  readonly #path: string;
  readonly #onRead: (text: string | undefined) => void;
  readonly #pollMs: number;
  #watcher: FSWatcher | undefined;
  #poll: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #again = false;

  /** `onRead` gets the text, or undefined when there is no such file. Other read errors leave things as they are. */
  constructor(path: string, onRead: (text: string | undefined) => void, pollMs = 1000) {
    this.#path = path;
    this.#onRead = onRead;
    this.#pollMs = pollMs;
  }

  async start(): Promise<void> {
    this.#watch();
    this.#poll = setInterval(() => {
      if (!this.#watcher) this.#watch();
      this.#read();
    }, this.#pollMs);
    this.#poll.unref();
    this.#read();
    await this.#reading;
  }

  async stop(): Promise<void> {
    clearInterval(this.#poll);
    this.#watcher?.close();
    this.#watcher = undefined;
    await this.#reading;
  }

  #watch(): void {
    const name = basename(this.#path);
    try {
      this.#watcher = watch(dirname(this.#path), { persistent: false }, (_event, changed) => {
        if (changed === null || changed === name) this.#read();
      });
      this.#watcher.on('error', () => {
        this.#watcher?.close();
        this.#watcher = undefined;
      });
    } catch {
      this.#watcher = undefined; // The directory does not exist yet: the poll tries again.
    }
  }

  /** One read at a time; a change seen during a read causes one more. */
  #read(): void {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = this.#readOnce().finally(() => {
      this.#reading = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.#read();
    });
  }

  async #readOnce(): Promise<void> {
    try {
      this.#onRead(await readFile(this.#path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.#onRead(undefined);
    }
  }
}
