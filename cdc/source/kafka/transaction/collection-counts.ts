import { cdcErrors } from '../../../errors.ts';

/**
 * How many changes of the given tables (`schema.table`) an END says its transaction had. With a topic per table only
 * these are read, so the count over all tables is of no use.
 */
export function countIn(end: Buffer, tables: ReadonlySet<string>): number {
  const message = parseObject(end.toString('utf8'));
  const payload = (message['payload'] ?? message) as Record<string, unknown>;
  const collections = payload['data_collections'];
  if (!Array.isArray(collections)) throw malformed('it does not count changes by table');
  let count = 0;
  for (const entry of collections as Record<string, unknown>[]) {
    const { data_collection: name, event_count: changes } = entry;
    if (typeof name !== 'string' || !Number.isSafeInteger(changes)) throw malformed('a count in it is no number');
    if (tables.has(name)) count += changes as number;
  }
  return count;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw malformed('it is not JSON');
  }
}

function malformed(what: string): Error {
  return cdcErrors.error('CDC_EVENT_MALFORMED', { message: `an END cannot be understood: ${what}` });
}
