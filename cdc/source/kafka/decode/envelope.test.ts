import { describe, expect, it } from '@jest/globals';
import { readFixture } from '../testing/fixture.ts';
import { change, changePayload, decoderOf, imageOf, message, withSchema, type Json } from '../testing/messages.ts';
import { bytesOf, fold, forms, replay } from '../testing/replay.ts';

const columns = { id: 'INT NOT NULL', v: 'VARCHAR(20)' };
const row = { id: 1, v: 'a' };
const fields = [
  { type: 'int32', optional: false, field: 'id' },
  { type: 'string', optional: true, field: 'v' },
];
const malformed = (text: RegExp): object => ({ code: 'CDC_EVENT_MALFORMED', message: expect.stringMatching(text) });

describe('the envelope of a change', () => {
  it('E1 is found with and without a schema, message by message', () => {
    const decode = decoderOf(columns);
    const payload = changePayload({ after: row });
    for (const one of [withSchema(fields, payload), message(payload), withSchema(fields, payload), message(payload)])
      expect(imageOf(decode(one))).toEqual(row);
  });

  it('E1 is not looked for in a row that has columns of these names', () => {
    const decode = decoderOf({ id: 'INT NOT NULL', schema: 'INT', payload: 'TEXT' });
    expect(imageOf(decode(change({ after: { id: 1, schema: 2, payload: 'p' } })))).toMatchObject({ schema: 2 });
  });

  it('E1b takes what a bare message does not tell from the catalogue', () => {
    const decode = decoderOf({ id: 'INT NOT NULL', ms: 'DATETIME(3)', us: 'DATETIME(6)', day: 'DATE' });
    expect(imageOf(decode(change({ after: { id: 1, ms: 86_400_001, us: 86_400_001, day: 1 } })))).toEqual({
      id: 1,
      ms: '1970-01-02 00:00:00.001',
      us: '1970-01-01 00:01:26.400001',
      day: '1970-01-02',
    });
  });

  it('E2 knows c, u, d, r and t, and stops at any other op', () => {
    const decode = decoderOf(columns);
    const opOf = (op: string, images: object): unknown => {
      const record = decode(change({ op, ...images }));
      return record.kind === 'change' && record.event?.op;
    };
    expect(opOf('c', { after: row })).toBe('c');
    expect(opOf('r', { after: row })).toBe('c');
    expect(opOf('u', { before: row, after: row })).toBe('u');
    expect(opOf('d', { before: row })).toBe('d');
    expect(opOf('t', {})).toBe('t');
    for (const op of ['m', 'C', '', 'cc']) expect(() => decode(change({ op, after: row }))).toThrow(/its op is "/);
    expect(() => decode(change({ op: 1, after: row }))).toThrow(/op of the payload .* is a number, expected a string/);
  });

  it('E3 needs the image before of an update and a delete, and the one after of all others', () => {
    const decode = decoderOf(columns);
    for (const op of ['u', 'd'])
      expect(() => decode(change({ op, after: row }))).toThrow(
        expect.objectContaining({ code: 'CDC_ROW_IMAGE_PARTIAL' }),
      );
    for (const op of ['c', 'u'])
      expect(() => decode(change({ op, before: row }))).toThrow(expect.objectContaining(malformed(/no image after/)));
  });

  it('E3 sees a hole in an image where NULL cannot be', () => {
    const decode = decoderOf({ id: 'INT NOT NULL', v: 'INT NOT NULL' });
    expect(() => decode(change({ after: { id: 1, v: null } }))).toThrow(
      expect.objectContaining({ code: 'CDC_ROW_IMAGE_PARTIAL', message: expect.stringContaining('t.v') }),
    );
  });

  it.each([
    ['true', true],
    ['first', true],
    ['last', true],
    ['incremental', true],
    ['false', false],
    [true, true],
    [false, false],
    [null, false],
  ] as const)('E4 takes %j as a mark of a snapshot', (snapshot, isSnapshot) => {
    const decode = decoderOf(columns);
    for (let i = 0; i < 2; i++)
      expect(decode(change({ after: row, source: { snapshot } }))).toMatchObject({ isSnapshot });
  });

  it('E5 takes its time from the source, not from the connector', () => {
    expect(decoderOf(columns)(change({ after: row }))).toMatchObject({ atMs: 1_795_262_351_000 });
  });

  it('E6 and E7 pass over large numbers and fields it does not know, wherever they stand', () => {
    const decode = decoderOf(columns);
    const text = JSON.stringify(changePayload({ after: row, source: { more: { deep: [1e5, 'x'] } } }));
    const odd = text.replace('"op"', '"ts_ns":1795262352011084690,"new":{"a":[{}]},"op"');
    for (let i = 0; i < 2; i++) expect(imageOf(decode(message(odd)))).toEqual(row);
  });

  it('E8 refuses a table without a primary key', () => {
    const catalogue = new Map([['t', { ...tableWithoutKey() }]]);
    expect(() => decoderOf(columns, { catalogue })(change({ after: row }))).toThrow(/t has no primary key/);
  });

  it.each(forms)('E9 and E10 need no tombstone and mind none, %s', (form) => {
    const { records, events, fixture } = replay('e01-rows', form, { variant: 'other' });
    expect(records.filter(({ kind }) => kind === 'nothing')).toHaveLength(1);
    expect(events.map(({ op }) => op)).toEqual(['c', 'c', 'c', 'u', 'd']);
    expect(fold(fixture, events)).toEqual(fixture.rows);
    expect(decoderOf(columns)(message({ schema: null, payload: null }))).toEqual({ kind: 'nothing' });
  });

  it.each(forms)('E11 tells two tables apart whose topics have one name, %s', (form) => {
    const { events } = replay('e11-names-alike', form);
    expect(events.map(({ table }) => table)).toEqual(['e11-x', 'e11_x', 'e11-x']);
  });

  it.each(forms)('E14 keeps both halves of a key change, told apart by their order alone, %s', (form) => {
    const { records, events } = replay('e14-key-change', form);
    const halves = records.flatMap((r) => (r.kind === 'change' && r.order > 0 ? [[r.transactionId, r.order]] : []));
    expect(new Set(halves.map(String)).size).toBe(halves.length);
    expect(events.map(({ op }) => op)).toEqual(['c', 'c', 'd', 'c', 'd', 'c']);
  });

  it('E14 and E15 are recorded with the headers that name the other half', () => {
    const { recordings } = readFixture('e14-key-change');
    const headers = recordings[0]?.bare.flatMap((one) => Object.keys(one.headers));
    expect(headers).toEqual(['__debezium.newkey', '__debezium.oldkey', '__debezium.newkey', '__debezium.oldkey']);
  });

  it('E16 never looks at file, position or row', () => {
    const decode = decoderOf(columns);
    const at = (order: number) =>
      decode(change({ after: row, source: { pos: 0, row: 0 }, transaction: { id: '0-1-10', total_order: order } }));
    expect([at(1), at(2)]).toMatchObject([{ order: 1 }, { order: 2 }]);
  });

  it.each(forms)('E20 and E36 give rows of a snapshot as inserts outside of any transaction, %s', (form) => {
    const { records, fixture, events } = replay('e36-snapshot', form, { variant: 'snapshot' });
    const copied = records.filter((record) => record.kind === 'change' && record.isSnapshot);
    expect(copied).toHaveLength(3);
    expect(copied.every((record) => record.kind === 'change' && record.transactionId === null)).toBe(true);
    expect(fold(fixture, events)).toEqual(fixture.rows);
  });

  it('E22 carries no order but that of its transaction, and says when there is none', () => {
    expect(decoderOf(columns)(change({ after: row, transaction: null }))).toMatchObject({
      transactionId: null,
      order: 0,
    });
  });

  it('E38 passes over the table of signals as over any other', () => {
    const signal = { db: 'banyan', table: 'debezium_signal' };
    const other = change({ after: { id: 'x', type: 'stop' }, source: signal });
    expect(decoderOf(columns)(other)).toMatchObject({ kind: 'change', event: null, order: 1 });
  });
});

describe('messages that are no change', () => {
  it.each(forms)('E25 opens and closes every transaction, with its count, %s', (form) => {
    const { records } = replay('e25-transactions', form);
    expect(records.flatMap((r) => (r.kind === 'end' ? [r.count] : []))).toEqual([3, 0, 1]);
    expect(records.filter(({ kind }) => kind === 'begin')).toHaveLength(4);
  });

  it.each(forms)('E26 moves on with a transaction of tables nobody captures, %s', (form) => {
    const { records } = replay('e25-transactions', form);
    const empty = records.findIndex((r) => r.kind === 'end' && r.count === 0);
    expect(records[empty - 1]).toMatchObject({ kind: 'begin' });
  });

  it.each(forms)('E27 leaves the transaction of a definition without an END, %s', (form) => {
    const { records } = replay('e25-transactions', form);
    const kinds = records.map(({ kind }) => kind).join(' ');
    expect(kinds).toContain('end begin begin change end');
  });

  it('E28 reads a repeated END as it stands', () => {
    const end = { status: 'END', id: '0-1-9', event_count: 2, data_collections: [], ts_ms: 5 };
    const decode = decoderOf(columns);
    expect(decode(message(end))).toEqual({ kind: 'end', transactionId: '0-1-9', count: 2, atMs: 5 });
    expect(decode(message(end))).toEqual(decode(message(end)));
    expect(() => decode(message({ ...end, status: 'HALT' }))).toThrow(/neither BEGIN nor END/);
    expect(() => decode(message({ ...end, event_count: null }))).toThrow(/no event_count/);
  });

  it('E29 takes a heartbeat for a sign of life and nothing more', () => {
    expect(decoderOf(columns)(message({ ts_ms: 1 }))).toEqual({ kind: 'nothing' });
    const schema = { type: 'struct', fields: [{ type: 'int64', field: 'ts_ms' }] };
    expect(decoderOf(columns)(message({ schema, payload: { ts_ms: 1 } }))).toEqual({ kind: 'nothing' });
  });

  it.each(forms)('E34 carries a truncate in its place, %s', (form) => {
    const { records, events, fixture } = replay('e34-truncate', form);
    expect(events.map(({ op }) => op)).toEqual(['c', 'c', 't', 'c']);
    expect(fold(fixture, events)).toEqual(fixture.rows);
    const truncate = records.find((r) => r.kind === 'change' && r.event?.op === 't');
    expect(truncate).toMatchObject({ order: 1, event: { table: 'e34', before: null, after: null } });
  });

  it('refuses a message reshaped by a transform, naming its fields and not their contents', () => {
    const flat: Json = { id: 1, name: 'secret' };
    expect(() => decoderOf(columns)(message(flat))).toThrow(expect.objectContaining(malformed(/fields are id, name/)));
    expect(() => decoderOf(columns)(message(flat))).not.toThrow(/secret/);
  });

  it('gives up on a message of another kind of envelope', () => {
    const payload = changePayload({ after: row });
    const decode = decoderOf(columns);
    expect(() => decode(withSchema(fields, payload, { version: 3 }))).toThrow(
      /envelope has version 3, expected 1 or 2/,
    );
    expect(() => decode(bytesOf({ value: '' }))).toThrow(/ends at byte 0/);
  });
});

function tableWithoutKey() {
  const { catalogue } = readFixture('e14-key-change');
  const [table] = catalogue;
  if (!table) throw new Error('no table');
  return { ...table, key: [] };
}
