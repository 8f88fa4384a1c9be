import { startFleet } from './server.ts';

const { LEGACY_APP_DATABASE_URL, LEGACY_SESSION_SECRET, PORT = '8080', HOST = '127.0.0.1' } = process.env;

if (!LEGACY_APP_DATABASE_URL || !LEGACY_SESSION_SECRET) {
  process.stderr.write('fleet: set LEGACY_APP_DATABASE_URL and LEGACY_SESSION_SECRET\n');
  process.exit(1);
}

const fleet = await startFleet({
  databaseUrl: LEGACY_APP_DATABASE_URL,
  secret: LEGACY_SESSION_SECRET,
  port: Number(PORT),
  host: HOST,
});
process.stdout.write(`fleet listening on ${fleet.url}\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void fleet.stop().then(() => process.exit(0)));
}
