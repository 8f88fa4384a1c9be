import type { Connection } from '../../shared/index.ts';
import { installBookkeeping, takeOver, type StreamRecord } from './bookkeeping.ts';
import { cdcErrors } from '../errors.ts';

export interface ClaimedStream extends StreamRecord {
  /** The stream stopped at a schema change and comes back with the mapping for it. */
  readonly passesSchemaChange: boolean;
}

/** Takes the stream over at its target. Refused when the target was filled by a mapping of another meaning. */
export async function claimStream(
  connection: Connection,
  stream: { readonly name: string; readonly unit: string; readonly mappingVersion: number },
): Promise<ClaimedStream> {
  await installBookkeeping(connection);
  const record = await takeOver(connection, stream);
  const { mappingVersion, name } = stream;
  if (record.state !== 'streaming' || record.mappingVersion === mappingVersion)
    return { ...record, passesSchemaChange: false };
  if (record.stoppedCode === 'CDC_SCHEMA_CHANGED' && record.mappingVersion < mappingVersion)
    return { ...record, passesSchemaChange: true };
  throw cdcErrors.error('CDC_MAPPING_CHANGED', {
    message: `stream ${name} was filled by mapping version ${record.mappingVersion}; this is version ${mappingVersion}`,
  });
}
