import { BOOKKEEPING_SCHEMA, REHEARSAL_TABLE } from '../../../apply/bookkeeping.ts';
import type { Mapping } from '../../../mapping.ts';
import { readCatalogue } from '../../../tables/catalogue.ts';
import { withConnection } from '../../../tables/connect.ts';
import { createRecordDecoder } from './record-decoder.ts';
import type { RecordFormat } from './record-format.ts';
import { transactionIn } from './transaction-in.ts';

export interface DebeziumFormatOptions {
  readonly databaseUrl: string;
  readonly schema: string;
  readonly tables: readonly string[];
  readonly zeroDates?: Mapping['zeroDates'];
}

/** Debezium's JSON; the kinds of a unit's columns are read from the source. */
export async function loadDebeziumFormat(options: DebeziumFormatOptions): Promise<RecordFormat> {
  const { databaseUrl, schema, tables, zeroDates } = options;
  const catalogue = await withConnection(databaseUrl, async (connection) => {
    const found = await readCatalogue(connection, schema, tables);
    const [, table = ''] = REHEARSAL_TABLE.split('.');
    const rehearsal = (await readCatalogue(connection, BOOKKEEPING_SCHEMA, [table])).get(table);
    return rehearsal ? new Map([...found, [REHEARSAL_TABLE, rehearsal]]) : found;
  });
  const known = { schema, tables, catalogue, ...(zeroDates && { zeroDates }) };
  return {
    createDecoder: () => createRecordDecoder({ ...known, extraTables: [REHEARSAL_TABLE] }),
    transactionOf: transactionIn,
  };
}
