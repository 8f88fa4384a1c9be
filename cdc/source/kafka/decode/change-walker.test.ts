import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Value } from '../../../change-event.ts';
import { change, changePayload, decoderOf, message, withSchema, type Image, type Json } from '../testing/messages.ts';

/** A column, a value as a connector writes it, and the value that is meant. */
interface Cell {
  readonly definition: string;
  readonly field: Image;
  readonly json: Json;
  readonly value: Value;
}

const TIME = 'io.debezium.time';
const int64 = (name: string): Image => ({ type: 'int64', name: `${TIME}.${name}`, version: 1 });
const iso = (ms: number): string => new Date(ms).toISOString();

const cells: fc.Arbitrary<Cell> = fc.oneof(
  fc.integer().map((n): Cell => ({ definition: 'INT', field: { type: 'int32' }, json: n, value: n })),
  fc.maxSafeInteger().map((n): Cell => ({ definition: 'BIGINT', field: { type: 'int64' }, json: n, value: String(n) })),
  fc.integer({ min: -99_999, max: 99_999 }).map((n): Cell => {
    const text = `${n < 0 ? '-' : ''}${String(Math.abs(n)).padStart(3, '0').replace(/(..)$/, '.$1')}`;
    return { definition: 'DECIMAL(9,2)', field: { type: 'string' }, json: text, value: text };
  }),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((text): Cell => ({
    definition: 'TEXT',
    field: { type: 'string' },
    json: text,
    value: text,
  })),
  fc.uint8Array({ maxLength: 12 }).map((list): Cell => {
    const bytes = Buffer.from(list);
    return { definition: 'BLOB', field: { type: 'bytes' }, json: bytes.toString('base64'), value: bytes };
  }),
  fc.integer({ min: -30_610_224_000_000, max: 253_402_300_799_999 }).map((ms): Cell => {
    const value = iso(ms).replace('T', ' ').replace('Z', '');
    return { definition: 'DATETIME(3)', field: int64('Timestamp'), json: ms, value };
  }),
  fc.integer({ min: 1, max: 2_147_483_647 }).map((seconds): Cell => {
    const text = iso(seconds * 1000).replace('.000', '');
    const value = text.replace('T', ' ').replace('Z', '');
    const field = { type: 'string', name: `${TIME}.ZonedTimestamp`, version: 1 };
    return { definition: 'TIMESTAMP', field, json: text, value };
  }),
  fc.integer({ min: -354_285, max: 2_932_896 }).map((days): Cell => {
    const field = { type: 'int32', name: `${TIME}.Date`, version: 1 };
    return { definition: 'DATE', field, json: days, value: iso(days * 86_400_000).slice(0, 10) };
  }),
);

/** Two images of one table: some columns change, some become NULL. */
const tables = fc
  .array(fc.tuple(cells, fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 12 })
  .chain((columns) => fc.tuple(fc.constant(columns), fc.array(cells, { minLength: 12, maxLength: 12 })));

describe('walking a change in its expected order', () => {
  it('gives the values that are meant, with and without a schema, and the same as patient reading', () => {
    fc.assert(
      fc.property(tables, ([columns, others]) => {
        const definitions: Record<string, string> = { id: 'INT NOT NULL' };
        const fields: Image[] = [{ type: 'int32', optional: false, field: 'id' }];
        const [before, after]: Record<string, Json>[] = [{ id: 1 }, { id: 1 }];
        const [old, now]: Record<string, Value>[] = [{ id: 1 }, { id: 1 }];
        for (const [i, [cell, changes, vanishes]] of columns.entries()) {
          const name = `c${i}`;
          definitions[name] = cell.definition;
          fields.push({ ...cell.field, optional: true, field: name });
          const same = others.find((other) => other.definition === cell.definition);
          const next = vanishes ? { json: null, value: null } : changes && same ? same : cell;
          Object.assign(before ?? {}, { [name]: cell.json });
          Object.assign(after ?? {}, { [name]: next.json });
          Object.assign(old ?? {}, { [name]: cell.value });
          Object.assign(now ?? {}, { [name]: next.value });
        }
        const payload = changePayload({ op: 'u', before: before ?? null, after: after ?? null });
        for (const one of [message(payload), withSchema(fields, payload)]) {
          const [walking, patient] = [decoderOf(definitions), decoderOf(definitions, { walk: false })];
          walking(one);
          const record = walking(one);
          expect(record).toMatchObject({ event: { op: 'u', before: old, after: now } });
          expect(record).toEqual(patient(one));
        }
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it('reads on when the order, the spacing or the table changes', () => {
    const decode = decoderOf({ id: 'INT NOT NULL', v: 'TEXT' });
    const usual = change({ after: { id: 1, v: 'a' } });
    const { op, after, ...rest } = changePayload({ after: { v: 'a', id: 1 } });
    const turned = message({ op: op ?? null, after: after ?? null, ...rest });
    const spaced = message(JSON.stringify(changePayload({ after: { id: 1, v: 'a' } }), null, 2));
    const other = change({ after: { id: 9 }, source: { table: 'other' } });
    for (const one of [usual, usual, turned, usual, spaced, usual, other, other, usual, turned]) {
      const record = decode(one);
      expect(record.kind === 'change' && record.event?.after).toEqual(one === other ? undefined : { id: 1, v: 'a' });
    }
  });

  it('does not take a value for unchanged whose beginning is the old one', () => {
    const decode = decoderOf({ id: 'INT NOT NULL', v: 'INT' });
    const of = (before: number, after: number): unknown => {
      const record = decode(change({ op: 'u', before: { id: 1, v: before }, after: { id: 1, v: after } }));
      return record.kind === 'change' && record.event?.after?.['v'];
    };
    expect([of(1, 2), of(1, 12), of(12, 1), of(12, 120)]).toEqual([2, 12, 1, 120]);
  });
});
