import { quoteName } from '../../shared/index.ts';
import { quoteText } from '../apply/literal.ts';
import type { FenceOptions } from './fence.ts';
import { KEY_BUCKETS } from './key-ownership.ts';

export type WriteOperation = 'INSERT' | 'UPDATE' | 'DELETE';

/** Where the owner key of a table's rows stands: in a column, or in the row `of` (table.column) that the column names. */
export interface KeyPlace {
  readonly column: string;
  readonly of?: string;
}

/** USER() is who logged in, also inside procedures that run with their author's rights. */
const WHO = `LEFT(USER(), CHAR_LENGTH(USER()) - LOCATE('@', REVERSE(USER())))`;

/** What the fence runs in front of each row that is written to a table. */
export function triggerBody(options: FenceOptions, table: string, operation: WriteOperation): string {
  const place = options.keys?.[table];
  return place ? bodyByKey(options, place, operation) : bodyOfUnit(options);
}

function bodyOfUnit({ unit, side, applyUser, dryRunUser }: FenceOptions): string {
  const passing = [applyUser, ...(dryRunUser === undefined ? [] : [dryRunUser])].map(quoteText).join(', ');
  return `BEGIN
  DECLARE holder VARCHAR(16) DEFAULT 'nobody';
  DECLARE since BIGINT UNSIGNED DEFAULT 0;
  DECLARE refusal VARCHAR(128);
  IF ${WHO} NOT IN (${passing}) THEN
    SELECT owner, epoch INTO holder, since FROM banyan.ownership WHERE unit = ${quoteText(unit)} LOCK IN SHARE MODE;
    IF holder <> ${quoteText(side)} THEN
      ${refuseUnit(unit)}
    END IF;
  END IF;
END`;
}

/**
 * Who owns the unit is asked first, then, while that is legacy, which of its keys the service owns. Both rows stay locked
 * until the writer's transaction ends; so does the row that a key is looked up in, as a foreign key would lock it. A
 * stream may write what its own side does not own: it passes where a fence of the unit alone lets everything of it pass,
 * and is refused a row whose owner is the side it writes to.
 */
function bodyByKey(options: FenceOptions, place: KeyPlace, operation: WriteOperation): string {
  const { unit, side, applyUser, dryRunUser } = options;
  const images = operation === 'INSERT' ? ['NEW'] : operation === 'DELETE' ? ['OLD'] : ['OLD', 'NEW'];
  return `BEGIN
  DECLARE holder VARCHAR(16) DEFAULT 'nobody';
  DECLARE since BIGINT UNSIGNED DEFAULT 0;
  DECLARE owner_key VARBINARY(1020);
  DECLARE served_keys MEDIUMBLOB;
  DECLARE refusal VARCHAR(128);
  DECLARE is_stream BOOLEAN DEFAULT ${WHO} = ${quoteText(applyUser)};
  IF ${WHO} <> ${quoteText(dryRunUser ?? '')} THEN
    SELECT owner, epoch INTO holder, since FROM banyan.ownership WHERE unit = ${quoteText(unit)} LOCK IN SHARE MODE;
    IF holder <> 'legacy' THEN
      IF NOT is_stream AND holder <> ${quoteText(side)} THEN
        ${refuseUnit(unit)}
      END IF;
    ELSE
${images.map((image) => imageCheck(options, place, image)).join('\n')}
    END IF;
  END IF;
END`;
}

function imageCheck(options: FenceOptions, place: KeyPlace, image: string): string {
  const { unit, side } = options;
  return `      SET owner_key = NULL;
      SET served_keys = NULL;
      ${readKey(options, place, image)}
      IF owner_key IS NOT NULL THEN
        SELECT served INTO served_keys FROM banyan.key_ownership
          WHERE unit = ${quoteText(unit)} AND bucket = CRC32(owner_key) MOD ${KEY_BUCKETS} LOCK IN SHARE MODE;
      END IF;
      SET holder = IF(FIND_IN_SET(owner_key, served_keys) > 0, 'service', 'legacy');
      IF IF(is_stream, owner_key IS NOT NULL AND holder = ${quoteText(side)}, holder <> ${quoteText(side)}) THEN
        SET refusal = CONCAT('banyan: a row of ', ${quoteText(unit)}, ' is owned by ', holder);
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = refusal;
      END IF;`;
}

function readKey({ schema, keys = {} }: FenceOptions, { column, of }: KeyPlace, image: string): string {
  const value = `${image}.${quoteName(column)}`;
  if (of === undefined) return `SET owner_key = ${value};`;
  const [table = '', reference = ''] = of.split('.');
  return `SELECT ${quoteName(keys[table]?.column ?? '')} INTO owner_key FROM ${quoteName(schema)}.${quoteName(table)}
        WHERE ${quoteName(reference)} = ${value} LOCK IN SHARE MODE;`;
}

function refuseUnit(unit: string): string {
  return `SET refusal = CONCAT('banyan: ', ${quoteText(unit)}, ' is owned by ', holder, ' (epoch ', since, ')');
      SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = refusal;`;
}
