import { cdcErrors } from '../../../errors.ts';
import { parseGtid, type Gtid } from '../../../position.ts';

/** The GTID a record names as its transaction. Throws `CDC_EVENT_MALFORMED` when the source has none. */
export function gtidOf(id: string, where: string): Gtid {
  try {
    return parseGtid(id);
  } catch (cause) {
    throw cdcErrors.error('CDC_EVENT_MALFORMED', {
      message: `the record at ${where} names the transaction "${id}"; expected a MariaDB GTID, such as 0-1-42`,
      fix: 'the source must be MariaDB with GTIDs; compare the connector with `banyan connector <unit>`',
      cause,
    });
  }
}
