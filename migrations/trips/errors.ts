import { declareErrors } from '../../shared/index.ts';

/** What this unit's mapping refuses. Messages name the column and the kind of value, never the value itself. */
export const mappingErrors = declareErrors({
  MAPPING_COLUMN_MISSING: {
    happened: 'A row image lacks a column the mapping reads.',
    normal:
      'Never while the schema is as mapped; after a column was dropped or renamed, or for an ENUM the log could not name.',
    todo: 'Compare the table with migrations/trips/mapping.ts, then repair the table or raise the mapping version.',
  },
  MAPPING_VALUE_IMPOSSIBLE: {
    happened: 'A row holds a value that has no meaning on the other side.',
    normal:
      'In old data: an ENUM written with an invalid member, a date with a zero month or day, a flag that is neither 0 nor 1.',
    todo: 'Let the mapping say what such a value becomes, then start the stream again; the log keeps the old row image.',
  },
});

/** The error for a value of a column that cannot be carried over; `kind` describes it without quoting it. */
export function impossible(column: string, kind: string): Error {
  return mappingErrors.error('MAPPING_VALUE_IMPOSSIBLE', { message: `${column} holds ${kind}; it cannot be mapped` });
}
