import { connect, type Socket } from 'node:net';
import { READS, SESSION_COOKIE, sessionOf, WRITE_BODY } from './traffic.ts';

const CONNECTIONS = 32;
const USERS = 500;
const HEAD_END = '\r\n\r\n';

/**
 * Requests at a fixed rate, whatever the answers do; each one's latency counts from the moment it was due. Milliseconds, in
 * ascending order.
 */
export async function steadyLoad(port: number, perSecond: number, seconds: number): Promise<number[]> {
  const lines = await Promise.all(Array.from({ length: CONNECTIONS }, () => Line.open(port)));
  const taken: number[] = [];
  const total = Math.round(perSecond * seconds);
  const startedAt = performance.now();
  const dueAt = (n: number): number => startedAt + (n / perSecond) * 1000;
  let sent = 0;
  await new Promise<void>((resolve, reject) => {
    const timer = setInterval(() => {
      for (; sent < total && dueAt(sent) <= performance.now(); sent++) {
        const due = dueAt(sent);
        lines[sent % CONNECTIONS]?.ask(requestOf(sent), () => {
          if (taken.push(performance.now() - due) < total) return;
          clearInterval(timer);
          resolve();
        });
      }
    }, 1);
    for (const line of lines) line.onLost = () => (clearInterval(timer), reject(new Error('a connection was lost')));
  });
  for (const line of lines) line.close();
  return taken.toSorted((a, b) => a - b);
}

/** One kept connection, one request at a time; what comes too early waits. */
class Line {
  onLost: () => void = () => undefined;
  readonly #socket: Socket;
  readonly #waiting: { text: string; done: () => void }[] = [];
  #asked: (() => void) | undefined;
  #answer = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk.toString('latin1')));
    socket.on('close', () => this.onLost());
    socket.on('error', () => undefined);
  }

  static async open(port: number): Promise<Line> {
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Line(socket);
  }

  ask(text: string, done: () => void): void {
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

  #take(text: string): void {
    this.#answer += text;
    const end = this.#answer.indexOf(HEAD_END);
    if (end < 0) return;
    const length = Number(/\ncontent-length: *(\d+)/i.exec(this.#answer.slice(0, end))?.[1]);
    if (Number.isNaN(length)) throw new Error('an answer without a length');
    if (this.#answer.length < end + HEAD_END.length + length) return;
    const done = this.#asked;
    [this.#asked, this.#answer] = [undefined, ''];
    done?.();
    this.#next();
  }
}

const cookies = Array.from({ length: USERS }, (_, i) => `${SESSION_COOKIE}=${sessionOf(i + 1)}`);

/** The same mixture as under full load. */
function requestOf(n: number): string {
  const common = `Host: 127.0.0.1\r\nCookie: ${cookies[(n * 7) % USERS]}\r\nAccept: application/json\r\n`;
  if (n % 10 !== 0) return `GET ${READS[n % READS.length]} HTTP/1.1\r\n${common}\r\n`;
  const body = `Content-Type: application/json\r\nContent-Length: ${WRITE_BODY.length}\r\n\r\n${WRITE_BODY}`;
  return `POST /api/trips HTTP/1.1\r\n${common}${body}`;
}
