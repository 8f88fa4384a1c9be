import type { Row, TargetRow } from '../../cdc/index.ts';
import { decimalOf, decimalOfPercent, hundredthsOf, percentOf } from './money.ts';
import { textOf, valueOf } from './read-column.ts';

/** Precision of the legacy columns `fare` DECIMAL(10,2) and `surge` DECIMAL(4,2). */
const FARE_DIGITS = 10;
const SURGE_DIGITS = 4;

/** The price half of legacy `trips`. */
export function toTripFare(row: Row): TargetRow {
  return {
    table: 'trip_fare',
    key: { trip_id: valueOf(row, 'id') },
    columns: {
      amount_minor: hundredthsOf(row, 'fare'),
      surge_percent: percentOf(row, 'surge'),
      currency: textOf(row, 'currency'),
    },
  };
}

/** Only three columns of a legacy row that `trip` owns; without a fare they hold the column defaults. */
export function fromTripFare(row: Row): TargetRow {
  return {
    table: 'trips',
    key: { id: valueOf(row, 'trip_id') },
    columns: {
      fare: decimalOf(row, 'amount_minor', FARE_DIGITS),
      surge: decimalOfPercent(row, 'surge_percent', SURGE_DIGITS),
      currency: textOf(row, 'currency'),
    },
    part: { unset: { fare: '0.00', surge: '1.00', currency: 'EUR' } },
  };
}
