import type { Connection, ResultSetHeader } from '../../shared/index.ts';
import type { WaitingPart } from '../map/coalesce.ts';
import { packetTooSmall } from './refusal.ts';
import type { Statement } from './statements.ts';
import type { TableInfo } from '../tables/catalogue.ts';

export interface PacketLimits {
  readonly packetBytes: number;
  readonly tables: ReadonlyMap<string, TableInfo>;
}

/** Takes as many statements off the list as one packet may hold, at least one; refuses one that fits in none. */
export function takePacket(rest: Statement[], { packetBytes, tables }: PacketLimits): Statement[] {
  const taken: Statement[] = [];
  let bytes = 0;
  while (rest[0]) {
    bytes += Buffer.byteLength(rest[0].sql) + 1;
    if (taken.length > 0 && bytes > packetBytes) break;
    if (bytes > packetBytes) throw packetTooSmall(tables.get(rest[0].table));
    taken.push(rest.shift() as Statement);
  }
  return taken;
}

export function joined(statements: readonly Statement[]): string {
  return statements.map(({ sql }) => sql).join(';');
}

/** Sends statements of an open transaction. Gives the parts that found no row. */
export async function sendAll(
  connection: Connection,
  statements: readonly Statement[],
  limits: PacketLimits,
): Promise<WaitingPart[]> {
  const rest = [...statements];
  const waiting: WaitingPart[] = [];
  while (rest.length > 0) {
    const packet = takePacket(rest, limits);
    const [answer] = await connection.query<ResultSetHeader | ResultSetHeader[]>(joined(packet));
    const answers = Array.isArray(answer) ? answer : [answer];
    for (const [i, { part }] of packet.entries()) if (part && answers[i]?.affectedRows === 0) waiting.push(part);
  }
  return waiting;
}
