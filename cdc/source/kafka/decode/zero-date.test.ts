import { describe, expect, it } from '@jest/globals';
import { change, changePayload, decoderOf, imageOf, withSchema } from '../testing/messages.ts';
import { eventsOf, forms, replay } from '../testing/replay.ts';

const zeroDates = { e51: ['a', 'b'], e51_default: ['a'], e51_null: ['a', 'b'] };

describe('E51: zero dates, which Debezium cannot carry', () => {
  it.each(forms)('undeclared, a NOT NULL column that came as the epoch is set aside, %s', (form) => {
    const { events, fixture } = replay('e51-zero-date', form);
    const [first, second] = events.filter(({ table }) => table === 'e51');
    expect(first).toMatchObject({ op: 'x', key: { id: 1 }, reason: expect.stringContaining('e51.a holds the epoch') });
    expect(first).toMatchObject({ reason: expect.stringContaining('declare the column in zeroDates') });
    expect(second?.after).toEqual(fixture.rows['e51']?.[1]);
  });

  it.each(forms)('declared, the epoch is the zero date, with the digits of the column, %s', (form) => {
    const { events, fixture } = replay('e51-zero-date', form, { zeroDates });
    expect(events.filter(({ table }) => table === 'e51').map(({ after }) => after)).toEqual(fixture.rows['e51']);
  });

  it.each(forms)('a TIMESTAMP needs no declaration: second 0 is the zero date, %s', (form) => {
    const { events, fixture } = replay('e51-zero-date', form, { noZeroDates: { e51: ['a', 'b'] } });
    const after = events.find(({ table }) => table === 'e51')?.after;
    expect([after?.['c'], after?.['d']]).toEqual(['0000-00-00 00:00:00.000', '0000-00-00 00:00:00']);
    expect([after?.['c'], after?.['d']]).toEqual([fixture.rows['e51']?.[0]?.['c'], fixture.rows['e51']?.[0]?.['d']]);
  });

  it.each(forms)('where the column has a default Debezium says that, which nothing tells from itself, %s', (form) => {
    const ops = (options: object) =>
      replay('e51-zero-date', form, options)
        .events.filter(({ table }) => table === 'e51_default')
        .map(({ op }) => op);
    expect(ops({})).toEqual(['x', 'c']);
    expect(ops({ zeroDates })).toEqual(['x', 'c']);
    expect(ops({ noZeroDates: zeroDates })).toEqual(['c', 'c']);
  });

  it.each(forms)(
    'in a nullable column it says NULL, which is doubted only where zero dates are declared, %s',
    (form) => {
      const after = (options: object) =>
        replay('e51-zero-date', form, options)
          .events.filter(({ table }) => table === 'e51_null')
          .map((event) => event.after ?? event.op);
      expect(after({})).toEqual([
        { id: 1, a: null, b: null },
        { id: 2, a: null, b: null },
        { id: 3, a: '1970-01-01', b: '1970-01-01 00:00:00' },
      ]);
      expect(after({ zeroDates })).toEqual(['x', 'x', expect.objectContaining({ id: 3 })]);
    },
  );

  it('knows the default from the schema as well', () => {
    const decode = decoderOf({ id: 'INT NOT NULL', v: 'DATE NOT NULL' });
    const date = { type: 'int32', name: 'io.debezium.time.Date', version: 1, default: 20_000, field: 'v' };
    const fields = [{ type: 'int32', field: 'id' }, date];
    const ofDay = (v: number) =>
      eventsOf([decode(withSchema(fields, changePayload({ after: { id: 1, v } })))]).map(({ op }) => op);
    expect([20_000, 20_001, 0].map(ofDay)).toEqual([['x'], ['c'], ['x']]);
  });

  it('is doubted in the image before, too, and names the key of the row', () => {
    const decode = decoderOf({ id: 'INT NOT NULL', v: 'DATE NOT NULL' });
    for (let i = 0; i < 2; i++) {
      const record = decode(change({ op: 'u', before: { id: 4, v: 0 }, after: { id: 4, v: 5 } }));
      expect(eventsOf([record])).toMatchObject([{ op: 'x', key: { id: 4 }, raw: expect.stringContaining('"op":"u"') }]);
    }
    expect(imageOf(decode(change({ after: { id: 4, v: 5 } })))).toEqual({ id: 4, v: '1970-01-06' });
  });
});
