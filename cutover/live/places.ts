import { openPool, type Pool } from '../../shared/index.ts';
import type { Unit } from '../plan/load-plans.ts';
import type { Side } from '../stage.ts';

/** Where a unit's rows are on one side, and how to reach them. */
export interface Place {
  readonly side: Side;
  readonly url: string;
  readonly schema: string;
  readonly tables: readonly string[];
  readonly pool: Pool;
}

export type Places = Readonly<Record<Side, Place>>;

export function openPlaces({ plan }: Unit, legacyDatabaseUrl: string): Places {
  const { dataOwnership, service } = plan;
  return {
    legacy: { side: 'legacy', url: legacyDatabaseUrl, ...dataOwnership.legacy, pool: openPool(legacyDatabaseUrl) },
    service: { side: 'service', url: service.database, ...dataOwnership.service, pool: openPool(service.database) },
  };
}

export async function closePlaces(places: Places): Promise<void> {
  await Promise.all(Object.values(places).map(({ pool }) => pool.end()));
}
