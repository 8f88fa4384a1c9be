import { describe, expect, it } from '@jest/globals';
import {
  change,
  changePayload,
  decoderOf,
  imageOf,
  message,
  withSchema,
  type Image,
  type Json,
} from '../testing/messages.ts';
import { eventsOf, fold, forms, messagesOf, replay } from '../testing/replay.ts';
import { readFixture } from '../testing/fixture.ts';

const refused = (code: string, text: RegExp): object =>
  expect.objectContaining({ code, message: expect.stringMatching(text) });

/** What a column of this type makes of a value, by the patient way and, the second time, by the quick one. */
function decoded(type: string, value: Json): unknown {
  const decode = decoderOf({ id: 'INT NOT NULL', v: type });
  const first = imageOf(decode(change({ after: { id: 1, v: value } })));
  const second = imageOf(decode(change({ after: { id: 1, v: value } })));
  expect(second).toEqual(first);
  return first?.['v'];
}

function declared(type: string, field: Image, value: Json): unknown {
  const decode = decoderOf({ id: 'INT NOT NULL', v: type });
  const fields = [
    { type: 'int32', optional: false, field: 'id' },
    { optional: true, field: 'v', ...field },
  ];
  return imageOf(decode(withSchema(fields, changePayload({ after: { id: 1, v: value } }))))?.['v'];
}

describe('numbers', () => {
  it.each([
    ['TINYINT', 128],
    ['TINYINT UNSIGNED', -1],
    ['SMALLINT', 40_000],
    ['INT', 2_147_483_648],
    ['INT UNSIGNED', -5],
    ['INT', 1.5],
    ['INT', '1'],
    ['INT', true],
    ['YEAR', 2156],
    ['DOUBLE', '1'],
    ['DECIMAL(5,2)', '1.5'],
    ['DECIMAL(5,2)', '1000.00'],
    ['DECIMAL(5,2)', 'AAE='],
    ['DECIMAL(5,2)', '1e2'],
    ['BIGINT', '12'],
    ['BIGINT UNSIGNED', 'AA=A'],
    ['DATE', 3_000_000],
    ['DATETIME', 1500],
    ['DATETIME', '2026-01-01'],
    ['TIME', 3_100_000_000_000],
    ['TIMESTAMP', '2026-02-30T00:00:00Z'],
    ['TIMESTAMP', '2026-01-01T24:00:00Z'],
    ['TIMESTAMP', '2)26-01-01T00:00:00Z'],
    ['TIMESTAMP', '2026-01-01T00:00:00.5Z'],
    ['TIMESTAMP', '2026-01-01 00:00:00'],
    ['VARCHAR(5)', 5],
    ['VARCHAR(5)', { a: 1 }],
    ['BINARY(2)', 'AAEC'],
    ['BLOB', 'no base64'],
    ['BIT(1)', 1],
    ['BIT(9)', '////'],
    ["ENUM('a')", 'b\\c'],
    ['BIGINT', 'a secret'],
    ['DATE', 'a secret'],
    ['DECIMAL(5,2)', 'a secret'],
    ['BLOB', 'a secret'],
  ])('refuses in %s the value %j, without showing it', (type, value) => {
    expect(() => decoded(type, value)).toThrow(
      refused('CDC_EVENT_MALFORMED', /t\.v \(byte \d+\) is a \w+ that is no value/),
    );
    expect(() => decoded(type, value)).not.toThrow('secret');
  });

  it('E41 cannot see a default in the place of NULL: a converter that puts it there is refused before', () => {
    const { fixture, events } = replay('e41-default', 'withSchemas', { variant: 'lossy' });
    const changed = fold(fixture, events)['e41']?.[1];
    expect([changed?.['n'], changed?.['t']]).toEqual([7, 'seven']);
    expect(fixture.rows['e41']?.[1]).toEqual({ id: 2, n: null, t: null });
  });

  it('E42 refuses decimals as floats, naming the setting', () => {
    expect(() => replay('e42-decimal', 'withSchemas', { variant: 'lossy' })).toThrow(
      refused('CDC_EVENT_MALFORMED', /e42\.a comes as double: the connector has decimal\.handling\.mode=double/),
    );
    expect(() => replay('e42-decimal', 'bare', { variant: 'lossy' })).toThrow(refused('CDC_EVENT_MALFORMED', /e42/));
  });

  it('E43 undoes the sign of a large unsigned number, and reads bytes too', () => {
    expect(decoded('BIGINT UNSIGNED', 'AP//////////')).toBe('18446744073709551615');
    expect(decoded('BIGINT UNSIGNED', 'Cg==')).toBe('10');
    expect(decoded('BIGINT UNSIGNED', 'AIAA')).toBe('32768');
    expect(decoded('BIGINT UNSIGNED', -1)).toBe('18446744073709551615');
    expect(decoded('BIGINT UNSIGNED', 12)).toBe('12');
    expect(() => decoded('BIGINT UNSIGNED', 'gA==')).toThrow(/no value of it/);
  });

  it('E56 rounds FLOAT to what the column holds and keeps DOUBLE', () => {
    expect(decoded('FLOAT', 1.1)).toBe(Math.fround(1.1));
    expect(decoded('DOUBLE', 1.1)).toBe(1.1);
    expect(Object.is(decoded('DOUBLE', -0), 0)).toBe(true);
  });

  it('E57 reads TINYINT(1) from a number and from a boolean', () => {
    expect([true, false, 1, 0, 5].map((value) => decoded('TINYINT(1)', value))).toEqual([1, 0, 1, 0, 5]);
    expect(declared('TINYINT(1)', { type: 'boolean' }, true)).toBe(1);
    expect(declared('TINYINT(1)', { type: 'int16' }, -3)).toBe(-3);
    expect(declared('TINYINT', { type: 'int8' }, -3)).toBe(-3);
  });
});

describe('times', () => {
  it.each([
    ['E48', 'TIME', 'org.apache.kafka.connect.data.Time', 'int32', 5],
    ['E48', 'TIME', 'io.debezium.time.IsoTime', 'string', '00:00:00Z'],
    ['E49', 'DATETIME', 'org.apache.kafka.connect.data.Timestamp', 'int64', 5],
    ['E49', 'DATETIME', 'io.debezium.time.NanoTimestamp', 'int64', 5],
    ['E49', 'DATE', 'io.debezium.time.IsoDate', 'string', '2026-01-01Z'],
  ])('%s refuses %s as %s, naming the setting', (_, type, name, base, value) => {
    expect(() => declared(type, { type: base, name, version: 1 }, value)).toThrow(
      refused('CDC_EVENT_MALFORMED', /the connector has another time\.precision\.mode/),
    );
  });

  it.each(['e48-time', 'e49-datetime'])('E48 and E49 refuse what a connector with another mode sent: %s', (name) => {
    expect(() => replay(name, 'withSchemas', { variant: 'lossy' })).toThrow(/another time\.precision\.mode/);
  });

  it('E49 reads the unit that the schema declares, and by the digits of the column without one', () => {
    const micro = { type: 'int64', name: 'io.debezium.time.MicroTimestamp', version: 1 };
    expect(declared('DATETIME', micro, 1_000_000)).toBe('1970-01-01 00:00:01');
    expect(decoded('DATETIME(6)', 1)).toBe('1970-01-01 00:00:00.000001');
    expect(decoded('DATETIME(3)', 1)).toBe('1970-01-01 00:00:00.001');
  });

  it('E50 shows UTC whatever zone the text names, with the digits of the column', () => {
    expect(decoded('TIMESTAMP(3)', '2026-01-02T03:04:05Z')).toBe('2026-01-02 03:04:05.000');
    expect(decoded('TIMESTAMP', '2026-01-02T03:04:05+02:00')).toBe('2026-01-02 01:04:05');
    expect(decoded('TIMESTAMP(2)', '2026-01-02T03:04:05.60Z')).toBe('2026-01-02 03:04:05.60');
  });

  it('E61 sees no hole that a connector leaves instead of a value, which is why that setting is refused', () => {
    const { recordings, rows } = readFixture('e48-time');
    const lossy = recordings.find(({ variant }) => variant === 'lossy');
    expect(lossy?.bare.map(({ value }) => value).join()).toContain('"a":null');
    expect(rows['e48']?.[0]?.['a']).toBe('-838:59:59');
  });
});

describe('text and bytes', () => {
  it('E46 refuses bytes as text unless their form is declared', () => {
    expect(() => replay('e46-bytes', 'withSchemas', { variant: 'other', settings: {} })).toThrow(
      refused('CDC_EVENT_MALFORMED', /binary\.handling\.mode/),
    );
    const forms = { base64: '+/8=', 'base64-url-safe': '-_8', hex: 'FBff' } as const;
    for (const [binary, text] of Object.entries(forms)) {
      const decode = decoderOf({ id: 'INT NOT NULL', v: 'VARBINARY(9)' }, { settings: { binary: binary as 'hex' } });
      expect(imageOf(decode(change({ after: { id: 1, v: text } })))?.['v']).toEqual(Buffer.from('fbff', 'hex'));
    }
  });

  it('E53 reads members by their names, whatever order a definition gives them', () => {
    for (const form of forms) {
      const { fixture, events } = replay('e53-choices', form);
      expect(fold(fixture, events)).toEqual(fixture.rows);
    }
  });

  it('E53 refuses a spelling that two members share', () => {
    expect(() => decoded("ENUM('a,b','a\\\\,b')", 'a\\,b')).toThrow(/no value of it/);
    expect(decoded("ENUM('a,b')", 'a\\,b')).toBe('a,b');
    expect(decoded("ENUM('it''s')", "it's")).toBe("it's");
  });

  it('E54 keeps JSON as it stands', () => {
    expect(decoded('JSON', '{"b": 1,  "a": [1e400]}')).toBe('{"b": 1,  "a": [1e400]}');
  });

  it('E55 refuses geometry on both sources, naming the column', () => {
    expect(() => decoded('POINT', { x: 1, y: 2, wkb: 'AQ==', srid: 4326 })).toThrow(
      refused('CDC_LOG_UNREADABLE', /t\.v has the type point, which is not carried/),
    );
  });

  it.each(['c', 'u'])('E58 sets a change aside whose value came as a placeholder, op %s', (op) => {
    const decode = decoderOf({ id: 'INT NOT NULL', v: 'TEXT', b: 'BLOB' });
    const old = { id: 7, v: 'old', b: 'AA==' };
    for (const hole of [
      { v: '__debezium_unavailable_value' },
      { b: Buffer.from('__debezium_unavailable_value').toString('base64') },
    ])
      for (let i = 0; i < 2; i++) {
        const [event] = eventsOf([decode(change({ op, before: op === 'u' ? old : null, after: { ...old, ...hole } }))]);
        expect(event).toMatchObject({ op: 'x', key: { id: 7 }, reason: expect.stringContaining('placeholder') });
      }
  });

  it('E59 sets a change aside whose text the connector could not read', () => {
    for (const form of forms) {
      const { events } = replay('e59-unreadable-text', form);
      expect(events.map(({ op }) => op)).toEqual(['x', 'c']);
      expect(events[0]).toMatchObject({ key: { id: 1 }, reason: expect.stringContaining('character of latin1') });
    }
  });

  it('E59 refuses half of a character and bytes that are not UTF-8', () => {
    expect(() => decoded('TEXT', '\ud83d')).toThrow(/no value of it/);
    const decode = decoderOf({ id: 'INT NOT NULL', v: 'TEXT' });
    const { value } = change({ after: { id: 1, v: 'XX' } });
    const broken = Buffer.from(value ?? '');
    broken.write('\xc3\x28', broken.indexOf('XX'), 'latin1');
    for (let i = 0; i < 2; i++) expect(() => decode({ value: broken })).toThrow(/not UTF-8/);
  });

  it('E60 leaves out what the source keeps for itself', () => {
    const decode = decoderOf({ id: 'INT NOT NULL', v: 'TEXT' });
    for (let i = 0; i < 2; i++)
      expect(imageOf(decode(change({ after: { id: 1, v: 'a', DB_ROW_HASH_1: '12' } })))).toEqual({ id: 1, v: 'a' });
  });

  it('E63 reads a value of megabytes', () => {
    const decode = decoderOf({ id: 'INT NOT NULL', bytes: 'LONGBLOB', text: 'LONGTEXT' });
    const bytes = Buffer.alloc(6 << 20, 0xfb);
    const large = change({ after: { id: 1, bytes: bytes.toString('base64'), text: 'é\n'.repeat(1 << 20) } });
    for (let i = 0; i < 2; i++) {
      const image = imageOf(decode(large));
      expect(bytes.equals(image?.['bytes'] as Buffer)).toBe(true);
      expect(image?.['text']).toHaveLength(2 << 20);
    }
  });
});

describe('definitions that change', () => {
  it.each(forms)(
    'E30 tells statements on tables of the unit from others, and reads on by the new definition, %s',
    (form) => {
      const { records, fixture, events } = replay('e30-definitions', form, { tables: ['e30'] });
      expect(records.flatMap((r) => (r.kind === 'ddl' ? [r.isOurs] : []))).toEqual([false, true, true]);
      expect(records.find((r) => r.kind === 'ddl')).toMatchObject({
        transactionId: expect.stringMatching(/^0-\d+-\d+$/),
      });
      const last = events.at(-1)?.after;
      expect(last).toEqual(fixture.rows['e30']?.[1]);
    },
  );

  it('E30 takes what a snapshot says of definitions for no change, and for a connector that begins anew', () => {
    const { records } = replay('e36-snapshot', 'bare', { variant: 'snapshot' });
    const kinds = records.map(({ kind }) => kind);
    expect(kinds).not.toContain('ddl');
    expect(kinds).toContain('new-connector');
  });

  it.each([
    ['a column that the table does not have', { id: 1, v: 'a', extra: 1 }, /has extra, which/],
    ['no value of a column', { id: 1 }, /lacks v/],
  ])('E62 stops at %s', (_, after, text) => {
    expect(() => decoderOf({ id: 'INT NOT NULL', v: 'TEXT' })(change({ after }))).toThrow(
      refused('CDC_SCHEMA_CHANGED', text),
    );
    const decode = decoderOf({ id: 'INT NOT NULL', v: 'TEXT' });
    decode(change({ after: { id: 1, v: 'a' } }));
    expect(() => decode(change({ after }))).toThrow(refused('CDC_SCHEMA_CHANGED', text));
  });

  it('E62 stops at a column of another type than the table has', () => {
    expect(() => declared('BIGINT', { type: 'string' }, '1')).toThrow(
      refused('CDC_SCHEMA_CHANGED', /t\.v comes as string, which does not fit its type bigint/),
    );
  });

  it.each([
    ['DATETIME', 1_000_000, null, 'datetime(1000000)'],
    ['TIME', -1, null, 'time(-1)'],
    ['TIMESTAMP', 1.5, null, 'timestamp(1.5)'],
    ['DECIMAL', 1e9, 2, 'decimal(1000000000,2)'],
    ['DECIMAL', 65, 39, 'decimal(65,39)'],
    ['BIT', 1e9, null, 'bit(1000000000)'],
    ['BINARY', 1e9, null, 'binary(1000000000)'],
  ])('E62 stops at a definition that no server has: %s with %d and %p', (typeName, length, scale, shown) => {
    const decode = decoderOf({ id: 'INT NOT NULL', v: 'TEXT' });
    const column = { name: 'v', typeName, length, scale, optional: true };
    const key = { name: 'id', typeName: 'INT', length: 11, optional: false };
    const table = { primaryKeyColumnNames: ['id'], columns: [key, column] };
    const tableChanges = [{ type: 'ALTER', id: '"shop"."t"', table }];
    const source = { gtid: '0-1-9', snapshot: null };
    decode(message({ source, databaseName: 'shop', ddl: 'ALTER TABLE t MODIFY v', tableChanges }));
    for (let i = 0; i < 2; i++)
      expect(() => decode(change({ after: { id: 1, v: null } }))).toThrow(
        expect.objectContaining({
          code: 'CDC_EVENT_MALFORMED',
          message: expect.stringContaining(`t.v is announced as ${shown}, which no server has`),
        }),
      );
  });

  it('E62 stops at a table that is gone', () => {
    const options = { catalogue: new Map() };
    const messages = messagesOf(readFixture('e14-key-change'), 'bare');
    const decode = decoderOf({}, { ...options, schema: 'fixtures', tables: ['e14'] });
    expect(() => messages.map(decode)).toThrow(refused('CDC_TABLE_UNUSABLE', /e14 changed, and does not exist/));
  });
});
