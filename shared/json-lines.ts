import { StringDecoder } from 'node:string_decoder';

const LIMIT = 4 * 1024 * 1024;

/** Values out of a stream of bytes that holds one JSON text per line, wherever the bytes were cut. */
export class JsonLines {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  /** The values whose lines end in this chunk. Throws a SyntaxError on a line that is no JSON or is longer than 4 MiB. */
  take(chunk: Buffer): unknown[] {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LIMIT) throw new SyntaxError('a line without an end');
    return lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line));
  }
}
