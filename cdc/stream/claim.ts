import type { Connection } from '../../shared/index.ts';
import { installBookkeeping, takeOver, type StreamRecord } from '../apply/bookkeeping.ts';
import { cdcErrors } from '../errors.ts';

export interface ClaimedStream extends StreamRecord {
  /** The stream stopped at a schema change and comes back with the mapping for it. */
  readonly passesSchemaChange: boolean;
}

export interface StreamClaim {
  readonly name: string;
  readonly unit: string;
  readonly mappingVersion: number;
  /** What the other direction's target knows of its stream: one mapping serves both. */
  readonly readPeer?: () => Promise<StreamRecord | undefined>;
}

/** Takes the stream over at its target. Refused when the target was filled by a mapping of another meaning. */
export async function claimStream(connection: Connection, stream: StreamClaim): Promise<ClaimedStream> {
  await installBookkeeping(connection);
  const record = await takeOver(connection, stream);
  const { mappingVersion, name } = stream;
  if (record.state !== 'streaming' || record.mappingVersion === mappingVersion)
    return { ...record, passesSchemaChange: false };
  const stoppedHere = isStoppedByChange(record, mappingVersion);
  if (stoppedHere || (await isAnnounced(stream, record))) return { ...record, passesSchemaChange: stoppedHere };
  throw cdcErrors.error('CDC_MAPPING_CHANGED', {
    message: `stream ${name} was filled by mapping version ${record.mappingVersion}; this is version ${mappingVersion}`,
  });
}

function isStoppedByChange(record: StreamRecord, mappingVersion: number): boolean {
  return record.stoppedCode === 'CDC_SCHEMA_CHANGED' && record.mappingVersion < mappingVersion;
}

/** The new version came with a schema change that the other direction met: it has passed it, or is about to. */
async function isAnnounced({ mappingVersion, readPeer }: StreamClaim, record: StreamRecord): Promise<boolean> {
  const peer = record.mappingVersion < mappingVersion ? await readPeer?.() : undefined;
  return peer !== undefined && (peer.mappingVersion === mappingVersion || isStoppedByChange(peer, mappingVersion));
}
