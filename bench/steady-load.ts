import { connect, type Socket } from 'node:net';

export interface SteadyLoad {
  readonly port: number;
  readonly connections: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** The whole text of one request. */
  readonly requestOf: (number: number) => string;
  readonly onAnswer?: (body: Buffer) => void;
}

type Answered = (body: Buffer) => void;

const HEAD_END = '\r\n\r\n';

/**
 * Requests at a fixed rate, whatever the answers do. Milliseconds of each, in the order of the answers: from when it was
 * asked for, its wait for a connection included, so that a peer that stalls is found out. How late this process itself
 * asks is nobody else's fault, and not counted.
 */
export async function steadyLoad(load: SteadyLoad): Promise<number[]> {
  const { port, connections, perSecond, seconds, requestOf, onAnswer = () => undefined } = load;
  const lines = await Promise.all(Array.from({ length: connections }, () => Line.open(port)));
  const lost = new Promise<never>((_, reject) => {
    for (const line of lines) line.onLost = () => reject(new Error('a connection was lost'));
  });
  const total = Math.round(perSecond * seconds);
  const taken: number[] = [];
  const ask = (n: number): Promise<void> =>
    new Promise((resolve) => {
      const askedAt = performance.now();
      lines[n % connections]?.ask(requestOf(n), (body) => {
        taken.push(performance.now() - askedAt);
        onAnswer(body);
        resolve();
      });
    });
  await Promise.race([askInTime(total, perSecond, ask), lost]);
  for (const line of lines) line.close();
  return taken;
}

/** Asks when it is time. Whoever waits awake takes a core from what is measured: between times this process sleeps. */
async function askInTime(total: number, perSecond: number, ask: (n: number) => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  const answers: Promise<void>[] = [];
  while (answers.length < total) {
    const earlyMs = startedAt + (answers.length / perSecond) * 1000 - performance.now();
    if (earlyMs > 0) await new Promise((resolve) => setTimeout(resolve, earlyMs));
    else answers.push(ask(answers.length));
  }
  await Promise.all(answers);
}

/** One kept connection, one request at a time; what comes too early waits. */
class Line {
  onLost: () => void = () => undefined;
  readonly #socket: Socket;
  readonly #waiting: { readonly text: string; readonly done: Answered }[] = [];
  #asked: Answered | undefined;
  #answer: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('close', () => this.onLost());
    socket.on('error', () => undefined);
  }

  static async open(port: number): Promise<Line> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Line(socket);
  }

  ask(text: string, done: Answered): void {
    this.#waiting.push({ text, done });
    this.#next();
  }

  close(): void {
    this.onLost = () => undefined;
    this.#socket.destroy();
  }

  #next(): void {
    const next = this.#asked ? undefined : this.#waiting.shift();
    if (!next) return;
    this.#asked = next.done;
    this.#socket.write(next.text, 'latin1');
  }

  #take(chunk: Buffer): void {
    const all = this.#answer.length === 0 ? chunk : Buffer.concat([this.#answer, chunk]);
    this.#answer = all;
    const end = all.indexOf(HEAD_END);
    if (end < 0) return;
    const length = Number(/\ncontent-length: *(\d+)/i.exec(all.toString('latin1', 0, end))?.[1]);
    if (Number.isNaN(length)) throw new Error('an answer without a length');
    if (all.length < end + HEAD_END.length + length) return;
    const done = this.#asked;
    [this.#asked, this.#answer] = [undefined, Buffer.alloc(0)];
    done?.(all.subarray(end + HEAD_END.length));
    this.#next();
  }
}
