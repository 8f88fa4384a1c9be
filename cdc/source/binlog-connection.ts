import ZongJi from '@vlasky/zongji';
import { losslessOptions } from '../../shared/index.ts';

/** What of a driver packet is used: an event of the log stands behind one marker byte. */
interface Packet {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  isEOF(): boolean;
}

interface DumpCommand {
  onResult?: (error: Error) => void;
  start(packet: Packet, connection: unknown): unknown;
}

interface DriverConnection {
  query(sql: string, done: (error: Error | null) => void): void;
  on(event: 'error' | 'end', listener: (error?: Error) => void): void;
  pause(): void;
  resume(): void;
}

/** The inner parts of the library that are used: it opens the log, the events are read here. */
interface Opened {
  BinlogClass: new (...args: unknown[]) => DumpCommand;
  connection: DriverConnection | null;
  useChecksum: boolean;
}

export interface BinlogConnectionOptions {
  readonly databaseUrl: string;
  readonly serverId: number;
  /** MariaDB's text form; events after it arrive. */
  readonly from: string;
  /** The session is set up; events follow. */
  readonly onOpen: (facts: { hasChecksum: boolean }) => void;
  readonly onEvent: (bytes: Buffer, start: number, end: number) => void;
  /** Once, whatever went wrong first; nothing is called after it. */
  readonly onClosed: (error: Error) => void;
}

export interface BinlogConnection {
  pause(): void;
  resume(): void;
  close(): void;
}

const HEARTBEAT_NS = 5_000_000_000;
const SILENCE_MS = 20_000;

/**
 * Opens the log behind a GTID position and hands over raw events. The library sets the session up and asks for the dump;
 * its event classes are bypassed because they decode every table and describe each one anew for every change.
 */
export function openBinlog(options: BinlogConnectionOptions): BinlogConnection {
  const { databaseUrl, serverId, from } = options;
  const zongji = new ZongJi({ ...losslessOptions(databaseUrl) });
  const inner = zongji as unknown as Opened;
  let isClosed = false;
  let isPaused = false;
  let heardAt = Date.now();

  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    clearInterval(watchdog);
    // The library reports hundreds of follow-up errors once it is stopped in mid-stream.
    zongji.removeAllListeners('error');
    zongji.on('error', () => undefined);
    zongji.stop();
  };
  const fail = (error: Error): void => {
    if (isClosed) return;
    close();
    options.onClosed(error);
  };
  const receive = (packet: Packet): void => {
    if (isClosed) return;
    heardAt = Date.now();
    if (packet.isEOF()) return fail(new Error('the server closed the log'));
    try {
      options.onEvent(packet.buffer, packet.offset + 1, packet.end);
    } catch (error) {
      fail(error as Error);
    }
  };
  // The server sends a heartbeat when it has nothing else: longer silence means the connection is dead.
  const watchdog = setInterval(() => {
    if (!isPaused && Date.now() - heardAt > SILENCE_MS) fail(new Error(`no sign of life for ${SILENCE_MS} ms`));
  }, 1000);
  watchdog.unref();

  zongji.on('error', fail);
  zongji.once('ready', () => {
    inner.BinlogClass = handingOver(inner.BinlogClass, receive, fail);
    options.onOpen({ hasChecksum: inner.useChecksum });
  });
  zongji.start({ serverId, gtidSet: from });
  inner.connection?.query(`SET @master_heartbeat_period=${HEARTBEAT_NS}`, (error) => error && fail(error));
  inner.connection?.on('end', () => fail(new Error('the connection to the log ended')));

  return {
    close,
    pause() {
      isPaused = true;
      inner.connection?.pause();
    },
    resume() {
      isPaused = false;
      heardAt = Date.now();
      if (!isClosed) inner.connection?.resume();
    },
  };
}

function handingOver(
  Dump: Opened['BinlogClass'],
  receive: (packet: Packet) => void,
  fail: (error: Error) => void,
): Opened['BinlogClass'] {
  const onPacket = (packet: Packet): unknown => {
    receive(packet);
    return onPacket;
  };
  return class extends Dump {
    override onResult = fail;
    override start(packet: Packet, connection: unknown): unknown {
      super.start(packet, connection);
      return onPacket;
    }
  };
}
