import { pino, type Logger } from 'pino';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** JSON lines on standard error. Rows, bodies and tokens must never be passed in: the redaction is a last line only. */
export function createLog(name: string, level = 'info'): Log {
  const redact = ['*.authorization', '*.cookie', '*.password', '*.token', 'headers'];
  return pino({ name, level, redact }, pino.destination({ dest: 2, sync: true }));
}

export const silentLog: Log = pino({ level: 'silent' });
