import { openConnection, waitUntil } from '../../../../shared/index.ts';
import { emptyPosition, formatPosition } from '../../../position.ts';
import { openBinlog } from '../../binlog-connection.ts';
import type { Collations } from '../../decode.ts';

/** Events of a log as the server sends them, for a run that damages them. */
export interface RecordedLog {
  readonly hasChecksum: boolean;
  readonly collations: readonly (readonly [number, string])[];
  /** Each event in base64, header and checksum included. */
  readonly events: readonly string[];
}

export function collationsOf({ collations }: RecordedLog): Collations {
  return new Map(collations);
}

/** Reads the whole log of a server up to a statement that comes last. */
export async function recordBinlog(databaseUrl: string, last: string): Promise<RecordedLog> {
  const connection = await openConnection(databaseUrl);
  const [rows] = await connection.query(
    'SELECT ID AS id, CHARACTER_SET_NAME AS charset FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY',
  );
  connection.destroy();
  const collations = (rows as { id: number | string; charset: string }[]).map(({ id, charset }): [number, string] => [
    Number(id),
    charset,
  ]);
  const events: Buffer[] = [];
  let hasChecksum = false;
  const log = openBinlog({
    databaseUrl,
    serverId: 4_000_000_001,
    from: formatPosition(emptyPosition),
    onOpen: (facts) => (hasChecksum = facts.hasChecksum),
    onEvent: (bytes, start, end) => events.push(Buffer.from(bytes.subarray(start, end))),
    onClosed: () => undefined,
  });
  const isWhole = async (): Promise<boolean> => events.some((event) => event.includes(last));
  const arrived = await waitUntil(isWhole, { budgetMs: 30_000, everyMs: 50 });
  log.close();
  if (!arrived) throw new Error(`${last} is not in the log`);
  return { hasChecksum, collations, events: events.map((event) => event.toString('base64')) };
}
