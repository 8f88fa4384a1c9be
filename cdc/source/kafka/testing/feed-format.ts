import { cdcErrors } from '../../../errors.ts';
import type { DecodeRecord, KafkaRecord } from '../decode/record.ts';
import type { RecordFormat } from '../decode/record-format.ts';

const decodeFeed: DecodeRecord = ({ value }) => {
  try {
    return JSON.parse(String(value)) as KafkaRecord;
  } catch (cause) {
    throw cdcErrors.error('CDC_EVENT_MALFORMED', { message: 'not JSON', cause });
  }
};

export const transactionOfFeed: RecordFormat['transactionOf'] = ({ value }) =>
  /"transactionId":"([^"]+)"/.exec(String(value))?.[1] ?? null;

export const feedFormat: RecordFormat = { createDecoder: () => decodeFeed, transactionOf: transactionOfFeed };
