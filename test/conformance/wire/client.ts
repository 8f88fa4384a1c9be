import { connect, type Socket } from 'node:net';
import { bytes } from './bytes.ts';
import { announced, readMessage, valueOf, type Field, type Message } from './message.ts';
import type { Framing } from './body.ts';

export interface Answer extends Message {
  readonly status: number;
  readonly reason: string;
}

/** What a client has heard so far. */
export interface Heard {
  /** Answers of 1xx, in order. */
  readonly interim: readonly Answer[];
  /** All others. The last one may be incomplete. */
  readonly answers: readonly Answer[];
  /** `closed` when the server ended the connection, `reset` when it cut it. */
  readonly end: 'open' | 'closed' | 'reset';
  readonly text: string;
}

const PATIENCE_MS = 4000;
const GRACE_MS = 20;

/** A client made of bytes, with an independent reader of answers. */
export class Client {
  readonly socket: Socket;
  readonly #chunks: Buffer[] = [];
  readonly #methods: string[] = [];
  #end: Heard['end'] = 'open';
  #changed: () => void = () => undefined;

  /** From the given address of this machine: all of 127.0.0.0/8 are. */
  constructor(port: number, localAddress = '127.0.0.1') {
    this.socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
    this.socket.on('error', () => this.#ended('reset'));
    this.socket.on('end', () => this.#ended('closed'));
    this.socket.on('close', () => this.#ended('closed'));
    this.socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#changed();
    });
  }

  /** Sends text in the notation of `bytes`, or bytes as they are. A head in it tells which answers have no body. */
  send(given: string | Buffer): void {
    const text = typeof given === 'string' ? bytes(given) : given;
    for (const [, method = ''] of text.toString('latin1').matchAll(/([A-Z]+) \S+ HTTP\/1/g)) this.#methods.push(method);
    this.socket.write(text);
  }

  /**
   * Waits until so many final answers are whole or the connection has ended, then for the end that the last one
   * announced. What has come until then, after seconds in any case.
   */
  async hear(count = 1, patienceMs = PATIENCE_MS): Promise<Heard> {
    const isEnough = (heard: Heard): boolean =>
      heard.end !== 'open' || heard.answers.filter((answer) => answer.isComplete).length >= count;
    await this.until(isEnough, patienceMs);
    const closes = announcesClose(this.heard());
    await this.until((heard) => heard.end !== 'open', closes ? 1000 : GRACE_MS);
    return this.heard();
  }

  /** Waits until the claim about what was heard is true; false when it has not become so in time. */
  async until(isTrue: (heard: Heard) => boolean, patienceMs = PATIENCE_MS): Promise<boolean> {
    const deadline = performance.now() + patienceMs;
    while (!isTrue(this.heard())) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return false;
      await this.#change(leftMs);
    }
    return true;
  }

  heard(): Heard {
    const all = Buffer.concat(this.#chunks);
    const answers = readAnswers(all, this.#methods, this.#end !== 'open');
    const interim = answers.filter((answer) => answer.status < 200);
    const finals = answers.filter((answer) => answer.status >= 200);
    return { interim, answers: finals, end: this.#end, text: all.toString('latin1') };
  }

  close(): void {
    this.socket.destroy();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  async #change(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#changed = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }

  #ended(how: 'closed' | 'reset'): void {
    if (this.#end === 'open') this.#end = how;
    this.#changed();
  }
}

function readAnswers(all: Buffer, methods: readonly string[], isEnded: boolean): Answer[] {
  const answers: Answer[] = [];
  let at = 0;
  let asked = 0;
  for (;;) {
    const method = methods[asked] ?? 'GET';
    const read = readMessage(all, at, (line, fields) => framingOf(line, fields, method, isEnded));
    if (!read) return answers;
    const status = Number(read.message.startLine.slice(9, 12));
    answers.push({ ...read.message, status, reason: read.message.startLine.slice(13) });
    at = read.end;
    if (status >= 200) asked++;
  }
}

function framingOf(line: string, fields: readonly Field[], method: string, isEnded: boolean): Framing {
  const status = Number(line.slice(9, 12));
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0;
  return announced(fields) ?? (isEnded ? 'closed' : 'open-until-close');
}

function announcesClose({ answers, end }: Heard): boolean {
  const last = answers.at(-1);
  return end === 'open' && last !== undefined && /close/i.test(valueOf(last, 'connection') ?? '');
}
