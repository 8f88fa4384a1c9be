import { createLog, messageOf, readSettings, systemClock } from '../../shared/index.ts';
import { createApp } from './app.ts';
import { createDatabase } from './database.ts';
import { createIdentityVerifier } from './identity.ts';
import { createReadinessCheck } from './readiness.ts';
import { listen } from './server.ts';
import { settings } from './settings.ts';

try {
  await main();
} catch (error) {
  process.stderr.write(`trips cannot start: ${messageOf(error)}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  const env = readSettings(settings, process.env);
  const clock = systemClock;
  const log = createLog('trips', env.LOG_LEVEL);
  const database = await createDatabase(env.TRIPS_APP_DATABASE_URL).initialize();
  const verifyIdentity = createIdentityVerifier({ key: env.BANYAN_IDENTITY_KEY, clock });
  const checkReadiness = createReadinessCheck({ database, maxLagMs: env.READY_MAX_LAG_MS });
  const app = createApp({ database, verifyIdentity, checkReadiness, clock, log });
  const server = await listen(app, { port: env.PORT, host: env.HOST });
  process.stdout.write(`trips listening on ${server.url}\n`);

  const stop = async (): Promise<void> => {
    await server.stop();
    await database.destroy();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}
