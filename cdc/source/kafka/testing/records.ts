import type { ChangeRecord, KafkaRecord } from '../decode/record.ts';

const idOf = (sequence: number): string => `0-1-${sequence}`;

export const begin = (sequence: number) =>
  ({ kind: 'begin', transactionId: idOf(sequence), atMs: 1000 }) satisfies KafkaRecord;

export const end = (sequence: number, count: number) =>
  ({ kind: 'end', transactionId: idOf(sequence), count, atMs: 1000 }) satisfies KafkaRecord;

export const ddl = (sequence: number, statement: string) =>
  ({ kind: 'ddl', transactionId: idOf(sequence), statement, isOurs: true }) satisfies KafkaRecord;

export const newConnector: KafkaRecord = { kind: 'new-connector' };

/** An insert of one row of table `t`. */
export function change(sequence: number, order: number, id: number): ChangeRecord {
  const event = { op: 'c', table: 't', before: null, after: { id } } as const;
  return { kind: 'change', event, transactionId: idOf(sequence), order, isSnapshot: false, atMs: 1000, bytes: 100 };
}

export function truncate(sequence: number): ChangeRecord {
  return { ...change(sequence, 1, 0), event: { op: 't', table: 't', before: null, after: null } };
}
