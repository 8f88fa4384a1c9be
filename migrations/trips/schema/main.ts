import { describeDatabase, messageOf, readSettings } from '../../../shared/index.ts';
import { migrateSchema } from './data-source.ts';

const table = {
  TRIPS_APP_DATABASE_URL: { type: 'url', help: 'the service database, such as mysql://user:password@host:3306/trips' },
} as const;

try {
  const { TRIPS_APP_DATABASE_URL: url } = readSettings(table, process.env);
  const names = await migrateSchema(url);
  const what = names.length === 0 ? 'nothing to do' : names.join(', ');
  process.stdout.write(`schema of ${describeDatabase(url)}: ${what}\n`);
} catch (error) {
  process.stderr.write(`schema migration failed: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
