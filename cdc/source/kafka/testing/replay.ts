import type { ChangeEvent, Row } from '../../../change-event.ts';
import { createRecordDecoder, type RecordDecoderOptions } from '../decode/record-decoder.ts';
import type { KafkaMessageBytes, KafkaRecord } from '../decode/record.ts';
import { variants, type VariantName } from './event-cases.ts';
import { readFixture, type Fixture, type RecordedMessage } from './fixture.ts';

export type Form = 'withSchemas' | 'bare';
export const forms: readonly Form[] = ['withSchemas', 'bare'];

export interface Replay {
  readonly fixture: Fixture;
  readonly records: readonly KafkaRecord[];
  readonly events: readonly ChangeEvent[];
}

export type ReplayOptions = Partial<RecordDecoderOptions> & { readonly variant?: VariantName };

/** Decodes a recording; twice over, so that the second time everything is known already. */
export function replay(name: string, form: Form, options: ReplayOptions = {}): Replay {
  const { variant = 'usual', ...rest } = options;
  const fixture = readFixture(name);
  const decode = createRecordDecoder({ ...decoderOptions(fixture, variant), ...rest });
  const messages = messagesOf(fixture, form, variant);
  const records = messages.map(decode);
  return { fixture, records, events: eventsOf(records) };
}

export function decoderOptions({ catalogue }: Fixture, variant: VariantName = 'usual'): RecordDecoderOptions {
  const settings: Readonly<Record<string, string>> = variants[variant];
  return {
    schema: 'fixtures',
    tables: catalogue.map(({ name }) => name),
    catalogue: new Map(catalogue.map((table) => [table.name, table])),
    settings: {
      decimals: settings['decimal.handling.mode'] === 'precise' ? 'precise' : 'string',
      binary: settings['binary.handling.mode'] === 'hex' ? 'hex' : 'bytes',
    },
  };
}

export function messagesOf(fixture: Fixture, form: Form, variant: VariantName = 'usual'): KafkaMessageBytes[] {
  return (fixture.recordings.find((one) => one.variant === variant)?.[form] ?? []).map(bytesOf);
}

export function bytesOf({ value }: Pick<RecordedMessage, 'value'>): KafkaMessageBytes {
  return { value: value === null ? null : Buffer.from(value) };
}

export function eventsOf(records: readonly KafkaRecord[]): ChangeEvent[] {
  return records.flatMap((record) => (record.kind === 'change' && record.event ? [record.event] : []));
}

/** Rows of each table after the events, in the order of their keys: what a copy without a mapping would hold. */
export function fold({ catalogue, rows }: Fixture, events: readonly ChangeEvent[]): Record<string, Row[]> {
  const tables = new Map(catalogue.map((table) => [table.name, new Map<string, Row>()]));
  const idOf = (table: string, row: Row): string =>
    JSON.stringify(catalogue.find(({ name }) => name === table)?.key.map((name) => row[name]));
  for (const event of events) {
    const table = tables.get(event.table);
    if (event.op === 't') table?.clear();
    if (event.before) table?.delete(idOf(event.table, event.before));
    if (event.after) table?.set(idOf(event.table, event.after), event.after);
  }
  const order = (table: string): string[] => (rows[table] ?? []).map((row) => idOf(table, row));
  return Object.fromEntries(
    [...tables].map(([table, found]) => {
      const expected = order(table);
      const sorted = [...found].toSorted(([a], [b]) => expected.indexOf(a) - expected.indexOf(b));
      return [table, sorted.map(([, row]) => row)];
    }),
  );
}
