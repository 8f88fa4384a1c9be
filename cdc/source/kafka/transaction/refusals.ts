import { cdcErrors } from '../../../errors.ts';

/** Rows of the connector's own snapshot: the first copy is ours, at a position we know. */
export function snapshotRow(where: string): Error {
  return cdcErrors.error('CDC_EVENT_MALFORMED', {
    message: `the record at ${where} is a row of a connector's snapshot; expected changes only`,
    fix: 'set snapshot.mode=no_data at the connector, send it no snapshot signals, and recreate the topic',
  });
}

export function withoutMetadata(where: string): Error {
  return cdcErrors.error('CDC_EVENT_MALFORMED', {
    message: `the change at ${where} names no transaction`,
    fix: 'set provide.transaction.metadata=true at the connector and recreate the topic',
  });
}
