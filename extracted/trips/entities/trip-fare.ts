import { EntitySchema } from 'typeorm';

/** What a trip costs. Every trip has exactly one, written in the trip's own transaction. */
export interface TripFare {
  readonly tripId: string;
  /** Cents, as text: more than a double can count exactly. */
  readonly amountMinor: string;
  /** 125 is a surge of 1.25. */
  readonly surgePercent: number;
  readonly currency: string;
}

export const TripFareEntity = new EntitySchema<TripFare>({
  name: 'TripFare',
  tableName: 'trip_fare',
  columns: {
    tripId: { name: 'trip_id', type: 'bigint', unsigned: true, primary: true },
    amountMinor: { name: 'amount_minor', type: 'bigint' },
    surgePercent: { name: 'surge_percent', type: 'int' },
    currency: { type: 'char', length: 3 },
  },
});
