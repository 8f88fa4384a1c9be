import { waitUntil } from '../../../shared/index.ts';
import type { Case } from '../case.ts';
import { tellAnswer } from '../tell.ts';
import type { Client } from '../wire/client.ts';
import { answerAndEnd } from '../wire/target.ts';

const MIB = 1024 * 1024;
const PIECE = Buffer.alloc(MIB, 'x');
const UPLOAD = 128 * MIB;
const DOWNLOAD = 512 * MIB;
/** What sockets and streams between two ends may hold, all together. */
const HELD = 32 * MIB;
const PATIENT = { limits: { firstByteMs: 60_000, totalMs: 120_000 } };

/** Section C: bodies that are larger than anybody wants to hold. */
export const largeBodyCases: readonly Case[] = [
  {
    number: 63,
    sends: 'POST of 1 MB; the target answers 413 at its head and closes',
    expects: '413, whole',
    probe: async (bench) => {
      bench.target.atHead = answerAndEnd('HTTP/1.1 413 Too Large\nConnection: close\nContent-Length: 5\n\nlarge');
      bench.target.atEnd = () => undefined;
      const client = bench.connect();
      client.send(`POST / HTTP/1.1\nHost: fleet\nContent-Length: ${MIB}\n\n`);
      client.socket.write(PIECE);
      const { answers } = await client.hear();
      const isWhole = answers[0]?.body.toString() === 'large';
      return `${answers[0]?.status ?? 'no answer'}, ${isWhole ? 'whole' : 'not whole'}`;
    },
  },
  {
    number: 64,
    sends: 'POST of 128 MiB to a target that reads nothing for a while, and then all',
    edge: PATIENT,
    expects: '200, open; held back, less than 32 MiB under way, then all 128 MiB',
    probe: async (bench) => {
      let isOpen = false;
      let received = 0;
      bench.target.onData = (chunk, socket) => {
        if (!isOpen) socket.pause();
        received += chunk.length;
        if (received >= UPLOAD) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      };
      const client = bench.connect();
      client.send(`POST / HTTP/1.1\nHost: fleet\nContent-Length: ${UPLOAD}\n\n`);
      const sent = pump(client);
      await settled(sent);
      const held = tellHeld(sent(), UPLOAD);
      isOpen = true;
      for (const socket of bench.target.sockets) socket.resume();
      const heard = await client.hear(1, 60_000);
      return `${tellAnswer(heard)}; ${held}, then ${received >= UPLOAD ? 'all 128 MiB' : `${received} bytes`}`;
    },
  },
  {
    number: 65,
    sends: 'GET of 512 MiB by a client that reads nothing for a while, and then all',
    edge: PATIENT,
    expects: 'held back, less than 32 MiB under way, then all 512 MiB',
    probe: async (bench) => {
      let sent = 0;
      bench.target.atEnd = ({ socket }) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${DOWNLOAD}\r\n\r\n`);
        const more = (): void => {
          for (let isFree = true; isFree && sent < DOWNLOAD; sent += MIB) isFree = socket.write(PIECE);
        };
        socket.on('drain', more);
        more();
      };
      const client = bench.connect();
      client.send('GET / HTTP/1.1\nHost: fleet\n\n');
      client.socket.pause();
      await settled(() => sent);
      const held = tellHeld(sent, DOWNLOAD);
      return `${held}, then ${(await readAll(client)) > DOWNLOAD ? 'all 512 MiB' : 'less'}`;
    },
  },
];

/** Sends pieces as fast as they are taken; tells how many bytes that were. */
function pump({ socket }: Client): () => number {
  let sent = 0;
  const more = (): void => {
    for (let isFree = true; isFree && sent < UPLOAD; sent += MIB) isFree = socket.write(PIECE);
  };
  socket.on('drain', more);
  more();
  return () => sent;
}

/** Waits until nothing moves any more. */
async function settled(bytes: () => number): Promise<void> {
  let before = -1;
  await waitUntil(
    () => {
      const isStill = bytes() > 0 && bytes() === before;
      before = bytes();
      return isStill;
    },
    { budgetMs: 5000, everyMs: 150 },
  );
}

function tellHeld(bytes: number, all: number): string {
  if (bytes >= all) return 'not held back';
  return `held back, ${bytes < HELD ? 'less' : 'more'} than 32 MiB under way`;
}

/** Counts what comes, and keeps none of it. */
async function readAll({ socket }: Client): Promise<number> {
  let read = 0;
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) => void (read += chunk.length));
  socket.resume();
  await waitUntil(() => read > DOWNLOAD || socket.destroyed, { budgetMs: 120_000, everyMs: 10 });
  return read;
}
