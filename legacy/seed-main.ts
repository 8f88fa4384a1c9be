// Makes the schema and fills it: node legacy/seed-main.ts [--users n] [--vehicles n] [--trips n] [--seed n]
import { parseArgs } from 'node:util';
import { applySchema } from './apply-schema.ts';
import { seed, type SeedOptions } from './seed/seed.ts';

const size = { type: 'string' } as const;
const { values } = parseArgs({ options: { users: size, vehicles: size, trips: size, seed: size } });
const url = process.env['LEGACY_APP_DATABASE_URL'];
if (!url) {
  process.stderr.write('seed: set LEGACY_APP_DATABASE_URL\n');
  process.exit(1);
}

const sizes = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
await applySchema(url);
const done = await seed({ url, ...(sizes as Partial<SeedOptions>) });
const total = Object.values(done.rows).reduce((sum, rows) => sum + rows, 0);
process.stdout.write(`seeded ${total} rows in ${done.ms} ms: ${JSON.stringify(done.rows)}\n`);
