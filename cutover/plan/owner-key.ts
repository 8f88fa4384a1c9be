import { z } from 'zod';

const column = z
  .string()
  .regex(/^[A-Za-z0-9_$]{1,64}$/, 'expected the name of a column')
  .describe('holds the owner key, or names the row that does');

/** Where the owner key of a table's rows stands: in the row itself, or in another row of the unit that it names. */
const keyPlace = z.strictObject({
  column,
  of: z
    .string()
    .regex(/^[A-Za-z0-9_$]{1,64}\.[A-Za-z0-9_$]{1,64}$/, 'expected table.column')
    .exactOptional()
    .describe('table.column of the unit that the column refers to; the owner key is that row’s'),
});

/** Whose rows they are, for every table of a side. */
const keyPlaces = z.record(z.string().min(1), keyPlace);

/** With it each row of the unit belongs to one subject, and the writes of single subjects can move. */
export const ownerKeySchema = z
  .strictObject({ legacy: keyPlaces, service: keyPlaces })
  .describe('every row belongs to the subject whose id stands here; each write route then says rowsOf');

/** Whose rows a write route writes. Only with `subject` can single subjects move. */
export const rowsOf = z.enum(['subject', 'several', 'nobody']);

export type KeyPlace = z.infer<typeof keyPlace>;
export type KeyPlaces = z.infer<typeof keyPlaces>;
export type OwnerKey = z.infer<typeof ownerKeySchema>;
