import { join } from 'node:path';
import { readSchemaChanges, type ShapeChange } from '../../cdc/index.ts';
import {
  findMappingLines,
  readDeclaration,
  streamName,
  type MappingLine,
  type Plan,
  type StreamDirection,
} from '../../cutover/index.ts';
import { readSettings } from '../../shared/index.ts';
import type { Context } from '../context.ts';
import { upSettings } from '../settings.ts';
import { sidesOf } from '../sides-of.ts';
import { print, table } from '../terminal.ts';
import { unitOf } from '../unit-of.ts';

const schemaSettings = {
  LEGACY_DATABASE_URL: upSettings.LEGACY_DATABASE_URL,
  BANYAN_PLANS: upSettings.BANYAN_PLANS,
} as const;

interface Touched {
  readonly direction: StreamDirection;
  readonly changes: readonly ShapeChange[];
  readonly lines: readonly MappingLine[];
}

/** What changed in the tables of a unit since its mapping was written, and the lines of the mapping that it touches. */
export async function schema(context: Context, name: string): Promise<void> {
  const settings = readSettings(schemaSettings, context.env);
  const { plan } = unitOf(readDeclaration(settings.BANYAN_PLANS, context.env).units, name);
  const folder = join(settings.BANYAN_PLANS, name);
  const touched: Touched[] = [];
  for (const direction of ['forward', 'reverse'] as const) {
    const changes = await changesOf(plan, direction, settings.LEGACY_DATABASE_URL);
    const names = new Set(changes.map(({ table: of, column }) => column ?? of));
    if (changes.length > 0) touched.push({ direction, changes, lines: findMappingLines(folder, [...names]) });
  }
  print(context.output, { unit: name, touched }, describe(name, touched));
}

function changesOf(plan: Plan, direction: StreamDirection, legacyDatabaseUrl: string): Promise<ShapeChange[]> {
  const { legacy, service } = sidesOf(plan, legacyDatabaseUrl);
  const [source, target] = direction === 'forward' ? [legacy, service] : [service, legacy];
  return readSchemaChanges({
    stream: streamName(plan.unit, direction),
    targetUrl: target.url,
    sourceUrl: source.url,
    sourceSchema: source.schema,
    tables: source.tables,
  });
}

function describe(name: string, touched: readonly Touched[]): string {
  if (touched.length === 0) return `${name}: the tables are as the mapping knows them`;
  const parts = touched.map(({ direction, changes, lines }) => {
    const side = direction === 'forward' ? "legacy's tables" : "the service's tables";
    const differences = table(
      ['TABLE', 'COLUMN', 'WHAT'],
      changes.map(({ table: of, column, what }) => [of, column ?? '', what]),
    );
    const mapping = lines.map(({ file, line, text }) => `  ${file}:${line}  ${text}`);
    const where = mapping.length > 0 ? ['', 'lines of the mapping that name them:', ...mapping] : [];
    return [`${name}: ${side} have changed`, '', differences, ...where].join('\n');
  });
  const fix = 'Adapt the mapping and the other side, raise `version` in mapping.ts and restart.';
  return [...parts, fix].join('\n\n');
}
