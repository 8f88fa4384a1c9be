import { isBanyanError, messageOf } from '../../../../shared/index.ts';
import { withDeadLetter } from '../../../dead-letter.ts';
import { cdcErrors } from '../../../errors.ts';
import { formatCursor } from '../topic/cursor.ts';
import type { DecodeRecord, KafkaRecord } from './record.ts';
import type { LogRecord, Place } from '../topic/topic-log.ts';

/** Decodes a record of a topic; `passed` is one that an operator has given up. */
export type DecodeAt = (record: LogRecord, place: Place) => KafkaRecord | { readonly kind: 'passed' };

const PASSED = { kind: 'passed' } as const;

/**
 * Adds what the decoder does not see: where a record lies, in the error and in the dead letter of one that cannot be
 * decoded, and which ones are passed over.
 */
export function decodeAt(decode: DecodeRecord, passes: readonly string[] = []): DecodeAt {
  const passed = new Set(passes);
  return (record, place) => {
    if (passed.size > 0 && passed.has(formatCursor(place, record.offset))) return PASSED;
    try {
      return decode(record);
    } catch (error) {
      throw located(error, record, formatCursor(place, record.offset));
    }
  };
}

function located(error: unknown, { value }: LogRecord, where: string): unknown {
  if (!isBanyanError(error) || error.code !== 'CDC_EVENT_MALFORMED') return error;
  const message = `${where}: ${messageOf(error)}`;
  const letter = { where, raw: Buffer.from(value ?? '') };
  return withDeadLetter(cdcErrors.error('CDC_EVENT_MALFORMED', { message, fix: error.fix, cause: error }), letter);
}
