import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { messageOf } from './errors.ts';
import { replaceFile } from './replace-file.ts';

/** What a kept file says. Damaged: there is something, and it must not be believed. */
export type Kept<T> =
  | { readonly state: 'kept'; readonly value: T; readonly keptAt: string }
  | { readonly state: 'missing' }
  | { readonly state: 'damaged'; readonly reason: string };

interface Head {
  readonly format: string;
  readonly version: number;
  readonly keptAt: string;
  readonly sha256: string;
}

/**
 * The last known value of something, on disk for a start without whoever tells it. Two lines: a head with format, version
 * and checksum, then the value as JSON. Renamed into place after it has reached the disk, so that a kill or a power cut
 * leaves the file before or the file after, and whatever else happens to it shows.
 */
export class KeptFile<T> {
  readonly path: string;
  readonly #format: string;
  readonly #version: number;
  #next: T | undefined;
  #writing: Promise<void> | undefined;

  /** A file of another format or version is damaged: it says nothing this reader can rely on. */
  constructor(path: string, format: string, version: number) {
    this.path = path;
    this.#format = format;
    this.#version = version;
  }

  /** Of values written meanwhile only the newest follows. Rejects when it could not be kept. */
  write(value: T): Promise<void> {
    this.#next = value;
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async read(): Promise<Kept<T>> {
    try {
      return this.#parse(await readFile(this.path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'missing' };
      return { state: 'damaged', reason: messageOf(error) };
    }
  }

  async #writeAll(): Promise<void> {
    for (let value = this.#next; value !== undefined; value = this.#next) {
      this.#next = undefined;
      await replaceFile(this.path, this.#textOf(value));
    }
  }

  #textOf(value: T): string {
    const body = JSON.stringify(value);
    const head: Head = {
      format: this.#format,
      version: this.#version,
      keptAt: new Date().toISOString(),
      sha256: sha256(body),
    };
    return `${JSON.stringify(head)}\n${body}\n`;
  }

  #parse(text: string): Kept<T> {
    const [first = '', body = ''] = text.split('\n');
    const head = JSON.parse(first) as Partial<Head>;
    if (head.format !== this.#format || head.version !== this.#version)
      return damaged(`it is ${head.format} ${head.version}, expected ${this.#format} ${this.#version}`);
    if (head.sha256 !== sha256(body)) return damaged('its checksum is wrong');
    return { state: 'kept', value: JSON.parse(body) as T, keptAt: head.keptAt ?? '' };
  }
}

function damaged(reason: string): { readonly state: 'damaged'; readonly reason: string } {
  return { state: 'damaged', reason };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
