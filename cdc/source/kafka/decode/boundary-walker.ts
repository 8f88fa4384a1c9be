import type { PayloadCursor } from './payload-cursor.ts';
import { scanWord, skip } from './payload-scan.ts';
import { scanWhole } from './read-number.ts';
import type { KafkaRecord } from './record.ts';

const STATUS = Buffer.from('{"status":');
const ID = Buffer.from(',"id":');
const COUNT = Buffer.from(',"event_count":');
const TABLES = Buffer.from(',"data_collections":');
const AT = Buffer.from(',"ts_ms":');
const CLOSE = 0x7d;

/** BEGIN or END of a source transaction, in the order in which the connector writes their fields; else undefined. */
export function walkBoundary(cursor: PayloadCursor): KafkaRecord | undefined {
  if (!cursor.pass(STATUS)) return undefined;
  const status = scanWord(cursor);
  if (!cursor.pass(ID)) return undefined;
  const transactionId = scanWord(cursor);
  if (transactionId === undefined || !cursor.pass(COUNT)) return undefined;
  const count = status === 'END' ? scanWhole(cursor) : skip(cursor) ? 0 : undefined;
  if (count === undefined || count < 0 || !cursor.pass(TABLES) || !skip(cursor) || !cursor.pass(AT)) return undefined;
  const atMs = scanWhole(cursor);
  if (atMs === undefined || atMs < 0 || cursor.bytes[cursor.at] !== CLOSE || cursor.at + 1 !== cursor.end)
    return undefined;
  if (status === 'BEGIN') return { kind: 'begin', transactionId, atMs };
  return status === 'END' ? { kind: 'end', transactionId, count, atMs } : undefined;
}
