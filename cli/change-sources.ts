import { createBinlogChangeSource, type ChangeSource } from '../cdc/index.ts';
import type { SourceRequest } from '../cutover/index.ts';
import type { Log } from '../shared/index.ts';

export interface SourceSettings {
  readonly KAFKA_BROKERS: string;
}

/** Who carries changes: the binlog itself. */
export function changeSources(_settings: SourceSettings, log: Log): (request: SourceRequest) => ChangeSource {
  return ({ databaseUrl, schema, tables }) => createBinlogChangeSource({ databaseUrl, schema, tables, log });
}
