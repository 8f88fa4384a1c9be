import type { Plan } from '../plan/plan.ts';

/** What Banyan takes away when a unit is retired, before it does. */
export function removalsOf({ unit, dataOwnership }: Plan): string[] {
  const tables = (side: 'legacy' | 'service'): string => {
    const { schema, tables: names } = dataOwnership[side];
    return names.map((table) => `${schema}.${table}`).join(', ');
  };
  return [
    `the reverse stream of ${unit}: legacy's tables stay as they are at that moment`,
    `the forward stream of ${unit}`,
    `legacy: the fence on ${tables('legacy')}`,
    `service: the fence on ${tables('service')}`,
    `legacy and service: the rows of ${unit} in the bookkeeping (positions, owners, parked changes, dead letters)`,
  ];
}

/** What is left to people: nothing of it is Banyan's to delete, or it may be needed elsewhere. */
export function leftoversOf({ unit, apis, dataOwnership }: Plan): string[] {
  const { schema, tables } = dataOwnership.legacy;
  return [
    ...apis.map(({ method, path }) => `legacy's code behind ${method} ${path}`),
    ...tables.map((table) => `legacy: DROP TABLE \`${schema}\`.\`${table}\`; take a backup first`),
    `the writers of these tables: cron jobs, scripts, views and grants`,
    `legacy: REVOKE what the user of the streams may do in \`${schema}\`, when no other unit needs it`,
    `legacy and service: DROP DATABASE banyan, when no other unit needs it; not that of control`,
    `the flags of ${unit}: banyan flags check lists them`,
    `Debezium's connectors and topics of ${unit}, where there are any`,
    `the plan of ${unit} stays: the edge routes by it, until something else sends these routes to the service`,
  ];
}
