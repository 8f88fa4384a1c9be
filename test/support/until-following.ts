import { waitUntil } from '../../shared/index.ts';
import type { Connect, MariaDb } from '../../stack/index.ts';

/**
 * A connector that runs need not have taken its place in the log yet. It has when it has kept one: everything behind it
 * will lie in the topic. It keeps a place only with a change, so there is one of ours in banyan's table of rehearsals.
 */
export async function untilFollowing(connect: Connect, name: string, database: MariaDb): Promise<void> {
  const isFollowing = async (): Promise<boolean> => {
    await database.sql(
      `REPLACE INTO banyan.rehearsal (unit, stream, token, written_at) VALUES ('', 'place', UUID(), UTC_TIMESTAMP(3))`,
    );
    const answer = await fetch(`${connect.url}/connectors/${name}/offsets`);
    const { offsets = [] } = (await answer.json()) as { offsets?: unknown[] };
    return offsets.length > 0;
  };
  if (await waitUntil(isFollowing, { budgetMs: 60_000, everyMs: 200 })) return;
  throw new Error(`connector ${name} keeps no place in its log`);
}
