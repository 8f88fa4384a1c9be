import { describe, expect, it } from '@jest/globals';
import type { ColumnInfo, Row } from '../../cdc/index.ts';
import type { EffectColumns, RowEffect } from '../../edge/index.ts';
import { compareRows, type EffectTable, type RowRules } from './compare-rows.ts';
import type { ControlRow } from './control-rows.ts';
import type { EffectRule } from './effect-rule.ts';

const facts = { owner: 'rides', reason: 'both say now', expires: '2027-01-31' };
const RULES: readonly EffectRule[] = [
  { rule: 'time', column: 'trip.at', toleranceMs: 5000, ...facts },
  { rule: 'drop', column: '*.noise', ...facts },
];

const rules: RowRules = {
  tables: new Map([
    ['trip', table('id', { id: 'bigint', fare: 'decimal(8,2)', note: 'varchar(9)', at: 'datetime', noise: 'int' })],
    ['trip_fare', table(undefined, { trip_id: 'bigint', cents: 'bigint' })],
  ]),
  rules: RULES,
  today: '2026-11-21',
  lateMs: 0,
};

function table(counted: string | undefined, types: Record<string, string>): EffectTable {
  const column = ([name, type]: [string, string]): [string, ColumnInfo] => {
    const kind = type.startsWith('int') ? 'integer' : /^(bigint|decimal)/.test(type) ? 'exact' : 'text';
    return [name, { name, type, kind, charset: null, isJson: false } as ColumnInfo];
  };
  return { counted, columns: new Map(Object.entries(types).map(column)) };
}

const was = (before: Row | null, after: Row | null, id: string | number = 5): ControlRow => ({
  table: 'trip',
  key: { id },
  before,
  after,
});
const would = (before: EffectColumns | null, after: EffectColumns | null, id = '5'): RowEffect => ({
  table: 'trip',
  key: { id },
  before,
  after,
});
const found = (control: ControlRow[], candidate: RowEffect[], how: RowRules = rules): string[] =>
  compareRows(control, candidate, how).map(({ kind, path }) => `${kind} ${path}`);

const OLD = { fare: '0.00', note: null, at: '2026-11-21 08:00:00', noise: 1 };
const TEXT = { id: '5', fare: '0.00', note: null, at: '2026-11-21 08:00:00', noise: '1', extra: 'own' };

describe('rows that legacy wrote and the service would have', () => {
  it('are equal when each column that is mapped is, however it is written', () => {
    const control = [was(OLD, { ...OLD, fare: '1.5', note: 'x' })];
    expect(found(control, [would(TEXT, { ...TEXT, fare: '1.50', note: 'x', extra: 'other' })])).toEqual([]);
  });

  it('differ by column', () => {
    const control = [was(OLD, { ...OLD, fare: '1.50', note: 'x' })];
    expect(found(control, [would(TEXT, { ...TEXT, fare: '1.51' })])).toEqual([
      'different-column trip.fare',
      'different-column trip.note',
    ]);
  });

  it.each<[string, ControlRow[], RowEffect[], string[]]>([
    ['is missing', [was(OLD, { ...OLD, note: 'x' })], [], ['missing-row trip']],
    ['is one too many', [], [would(TEXT, { ...TEXT, note: 'x' })], ['additional-row trip']],
    ['is not deleted', [was(OLD, null)], [], ['missing-row trip']],
    ['is changed and not deleted', [was(OLD, null)], [would(TEXT, { ...TEXT, note: 'x' })], ['additional-row trip']],
    ['is deleted and not changed', [was(OLD, { ...OLD, note: 'x' })], [would(TEXT, null)], ['missing-row trip']],
    ['is deleted by both', [was(OLD, null)], [would(TEXT, null)], []],
    ['is left as it was by both', [was(OLD, OLD)], [], []],
  ])('one %s', (_, control, candidate, expected) => expect(found(control, candidate)).toEqual(expected));

  it('may be of tables that are none of the unit', () => {
    expect(found([], [{ table: 'outbox', key: { id: '1' }, before: null, after: { id: '1' } }])).toEqual([]);
  });

  it('say a time that is as late as the rule allows, until it expires', () => {
    const pair: [ControlRow[], RowEffect[]] = [
      [was(OLD, { ...OLD, at: '2026-11-21 09:00:00' })],
      [would(TEXT, { ...TEXT, at: '2026-11-21 09:00:04' })],
    ];
    expect(found(...pair)).toEqual([]);
    expect(found(...pair, { ...rules, today: '2027-02-01' })).toEqual(['different-column trip.at']);
    const late = [would(TEXT, { ...TEXT, at: '2026-11-21 09:00:06' })];
    expect(found(pair[0], late)).toEqual(['different-column trip.at']);
  });

  it('may say a time that is later by what the rehearsal was late, and no earlier one', () => {
    const [at, late] = [
      { ...OLD, at: '2026-11-21 09:00:30' },
      { ...rules, lateMs: 20_000 },
    ];
    const saying = (time: string): string[] => found([was(OLD, at)], [would(TEXT, { ...TEXT, at: time })], late);
    expect(saying('2026-11-21 09:00:54')).toEqual([]);
    expect(saying('2026-11-21 09:00:56')).toEqual(['different-column trip.at']);
    expect(saying('2026-11-21 09:00:24')).toEqual(['different-column trip.at']);
  });

  it('differ in nothing when they do in a column that is dropped', () => {
    expect(found([was(OLD, { ...OLD, noise: 7 })], [])).toEqual([]);
  });

  it('belong together by what they hold where keys are counted up, and so do the rows that name them', () => {
    const fare = (id: string): RowEffect => ({
      table: 'trip_fare',
      key: { trip_id: id },
      before: null,
      after: { trip_id: id, cents: '0' },
    });
    const control = [
      was(null, { ...OLD, note: 'a' }, 8),
      was(null, { ...OLD, note: 'b' }, 9),
      { table: 'trip_fare', key: { trip_id: 8 }, before: null, after: { cents: '0' } },
    ];
    const candidate = [would(null, { ...TEXT, note: 'b' }, '57'), would(null, { ...TEXT, note: 'a' }, '58')];
    expect(found(control, [...candidate, fare('58')])).toEqual([]);
    expect(found(control, [...candidate, fare('57')])).toEqual(['missing-row trip_fare', 'additional-row trip_fare']);
    expect(found(control, candidate)).toEqual(['missing-row trip_fare']);
  });
});
