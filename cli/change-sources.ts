import {
  changeTopic,
  createBinlogChangeSource,
  createKafkaChangeSource,
  perTableTopics,
  type ChangeSource,
} from '../cdc/index.ts';
import type { SourceRequest } from '../cutover/index.ts';
import { settingsErrors, type Log } from '../shared/index.ts';

export interface SourceSettings {
  readonly KAFKA_BROKERS: string;
  readonly KAFKA_PER_TABLE: boolean;
}

export const binlogOnly: SourceSettings = { KAFKA_BROKERS: '', KAFKA_PER_TABLE: false };

export function brokersOf({ KAFKA_BROKERS: brokers }: Pick<SourceSettings, 'KAFKA_BROKERS'>): string[] {
  return brokers
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
}

/** Who carries changes: Kafka where brokers are named, else the binlog itself. */
export function changeSources(settings: SourceSettings, log: Log): (request: SourceRequest) => ChangeSource {
  const brokers = brokersOf(settings);
  if (brokers.length === 0 && settings.KAFKA_PER_TABLE)
    throw settingsErrors.error('SETTINGS_INVALID', {
      message: 'KAFKA_PER_TABLE is true and does nothing, because KAFKA_BROKERS is empty',
    });
  if (brokers.length === 0)
    return ({ databaseUrl, schema, tables }) => createBinlogChangeSource({ databaseUrl, schema, tables, log });
  return (request) => createKafkaChangeSource({ ...request, ...topicsOf(request, settings), brokers, log });
}

function topicsOf(request: SourceRequest, { KAFKA_PER_TABLE: isPerTable }: SourceSettings) {
  const { unit, direction } = request;
  return isPerTable
    ? { mode: 'per-table' as const, topics: perTableTopics(request) }
    : { mode: 'ordered' as const, topic: changeTopic(unit, direction) };
}
