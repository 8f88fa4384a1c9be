import { COPIED, type RecordFormat } from './record-format.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The transaction that a Debezium message belongs to, with or without a schema, whatever else it holds. */
export const transactionIn: RecordFormat['transactionOf'] = ({ value }) => {
  if (value === null) return null;
  const message = fieldsOf(parse(value.toString('utf8')));
  const payload = fieldsOf(message['payload'] ?? message);
  const source = fieldsOf(payload['source']);
  if (typeof payload['op'] === 'string') return textOf(fieldsOf(payload['transaction'])['id']) ?? copied(source);
  if (typeof payload['status'] === 'string') return textOf(payload['id']);
  return typeof payload['ddl'] === 'string' ? textOf(source['gtid']) : null;
};

/** The mark is a text in current versions and was a boolean in old ones. */
function copied({ snapshot }: Fields): typeof COPIED | null {
  return snapshot === true || (typeof snapshot === 'string' && snapshot !== 'false') ? COPIED : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
