import type { RouteEffects } from '../../cutover/index.ts';
import { controlClient, type Context } from '../context.ts';
import { print, table } from '../terminal.ts';

/** What writes that were shown to the service would have changed, beside what legacy's own did. */
export async function effects(context: Context, unit: string): Promise<void> {
  const path = `/v1/units/${encodeURIComponent(unit)}/effects`;
  const { effects: routes } = await controlClient(context).get<{ effects: RouteEffects[] }>(path);
  print(context.output, { unit, routes }, routes.length === 0 ? `no write of ${unit} was compared` : describe(routes));
}

function describe(routes: readonly RouteEffects[]): string {
  const counts = routes.map((one) => [one.route, one.equal, one.different, one.unsure, one.overtaken].map(String));
  const findings = routes.flatMap(({ route, findings }) =>
    findings.map(({ kind, path, count }) => [route, kind, path, String(count)]),
  );
  const listed = findings.length === 0 ? '' : `\n${table(['ROUTE', 'FINDING', 'WHERE', 'TIMES'], findings)}`;
  return `${table(['ROUTE', 'EQUAL', 'DIFFERENT', 'UNSURE', 'OVERTAKEN'], counts)}${listed}`;
}
