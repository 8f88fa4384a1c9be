import type { Plan } from '../cutover/index.ts';

/** The database, the schema and the tables of each side. */
export function sidesOf({ dataOwnership, service }: Plan, legacyDatabaseUrl: string) {
  return {
    legacy: { url: legacyDatabaseUrl, ...dataOwnership.legacy },
    service: { url: service.database, ...dataOwnership.service },
  };
}
