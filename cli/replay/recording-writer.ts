import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { RecordedRequest } from '../../edge/index.ts';
import { messageOf } from '../../shared/index.ts';
import { cliErrors } from '../errors.ts';
import { headOf } from './recording-file.ts';

/** Users that are told apart; requests of further ones are dropped. */
const MAX_SESSIONS = 100_000;

/** Writes a recording into a new file that only its owner may read. */
export class RecordingWriter {
  readonly #file: WriteStream;
  readonly #sessions = new Map<string, string>();
  #taken = 0;
  #dropped = 0;

  private constructor(file: WriteStream) {
    this.#file = file;
    file.on('error', () => undefined); // Whoever waits for the file is told: in take, or in close.
  }

  /** Throws CLI_USAGE for a file that is there already, or cannot be made. */
  static async open(path: string, unit: string): Promise<RecordingWriter> {
    const file = createWriteStream(path, { mode: 0o600, flags: 'wx' });
    try {
      await once(file, 'open');
    } catch (error) {
      throw cliErrors.error('CLI_USAGE', {
        message: `${path} cannot be made: ${messageOf(error)}`,
        fix: 'name a new file',
      });
    }
    const writer = new RecordingWriter(file);
    await writer.#write(headOf(unit, Date.now()));
    return writer;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Requests of more users than it tells apart. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Resolves when the file can take more: until then its sender is to wait. */
  async take(request: RecordedRequest): Promise<void> {
    const session = request.session === null ? null : this.#nameOf(request.session);
    if (session === undefined) return void this.#dropped++;
    this.#taken++;
    await this.#write({ ...request, session });
  }

  async close(): Promise<void> {
    await finished(this.#file.end());
  }

  /** The number that the user has in this file. What edges call them is not kept. */
  #nameOf(session: string): string | undefined {
    const known = this.#sessions.get(session);
    if (known !== undefined || this.#sessions.size >= MAX_SESSIONS) return known;
    const name = `user-${this.#sessions.size + 1}`;
    this.#sessions.set(session, name);
    return name;
  }

  async #write(line: object): Promise<void> {
    if (!this.#file.write(`${JSON.stringify(line)}\n`)) await once(this.#file, 'drain');
  }
}
