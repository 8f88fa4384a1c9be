/** Where a source transaction was born, as far as its id tells: what a stream needs to pass over its own writes. */
export type TransactionOrigin =
  /** MariaDB: the replication domain names the writer. */
  | { readonly kind: 'mariadb'; readonly domain: number; readonly server: number; readonly sequence: bigint }
  /** MySQL: the server, and from 8.3 on a tag that a writer may set. */
  | { readonly kind: 'mysql'; readonly uuid: string; readonly tag: string | null; readonly sequence: bigint }
  /** A place in a log file: the source has GTIDs switched off, and nothing tells who wrote. */
  | { readonly kind: 'place'; readonly file: string; readonly offset: bigint };

const mariadb = /^(\d{1,10})-(\d{1,10})-(\d{1,20})$/;
const mysql = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(?:([a-z_][a-z0-9_]{0,31}):)?(\d{1,19})$/i;
const place = /^file=(.+),pos=(\d{1,20})$/;

/** Reads Debezium's `transaction.id`, or `source.gtid`. Undefined for any other text. */
export function originOf(transactionId: string): TransactionOrigin | undefined {
  const [, domain, server, sequence] = mariadb.exec(transactionId) ?? [];
  if (sequence !== undefined)
    return { kind: 'mariadb', domain: Number(domain), server: Number(server), sequence: BigInt(sequence) };
  const [, uuid, tag, number] = mysql.exec(transactionId) ?? [];
  if (uuid !== undefined)
    return { kind: 'mysql', uuid: uuid.toLowerCase(), tag: tag?.toLowerCase() ?? null, sequence: BigInt(number ?? 0) };
  const [, file, offset] = place.exec(transactionId) ?? [];
  return file === undefined ? undefined : { kind: 'place', file, offset: BigInt(offset ?? 0) };
}

/** Whether a transaction carries the mark of a writer: a MariaDB domain or a MySQL tag. */
export function isMarkedBy(transactionId: string, mark: { readonly domain: number; readonly tag: string }): boolean {
  const origin = originOf(transactionId);
  if (origin?.kind === 'mariadb') return origin.domain === mark.domain;
  return origin?.kind === 'mysql' && origin.tag === mark.tag.toLowerCase();
}
