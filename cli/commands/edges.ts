import type { EdgeStanding } from '../../cutover/index.ts';
import { controlClient, operator, type Context } from '../context.ts';
import { print, table } from '../terminal.ts';

/** One line per edge that may be carrying requests. */
export async function edges(context: Context): Promise<void> {
  const { edges: known } = await controlClient(context).get<{ edges: EdgeStanding[] }>('/v1/edges');
  print(context.output, { edges: known }, edgesTable(known));
}

export function edgesTable(known: readonly EdgeStanding[]): string {
  return table(
    ['EDGE', 'STATE', 'ADMIN'],
    known.map(({ name, address, silentMs }) => [
      name,
      silentMs === undefined ? 'connected' : `silent for ${Math.round(silentMs / 1000)} s`,
      address || '-',
    ]),
  );
}

/** Takes an edge off the roster for which nobody else can tell that it is gone. */
export async function forgetEdge(context: Context, name: string, { reason = '' }: { reason?: string }): Promise<void> {
  const path = `/v1/edges/${encodeURIComponent(name)}/forget`;
  await controlClient(context).post(path, { who: operator(), reason });
  print(context.output, { edge: name, forgotten: true }, `${name} is forgotten`);
}
