import { Registrant } from '../../edge/index.ts';
import { openDryRuns, type DryRuns } from '../../service/index.ts';
import { createLog, messageOf, readSettings, systemClock, type Log, type SettingsOf } from '../../shared/index.ts';
import type { DataSource } from 'typeorm';
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
  const dryRuns = await rehearsing(database, env.TRIPS_DRY_RUN_DATABASE_URL, log);
  const app = createApp({ database, verifyIdentity, checkReadiness, clock, log, dryRuns });
  const server = await listen(app, { port: env.PORT, host: env.HOST });
  const registrant = register(env, env.ENDPOINT_URL || server.url, log);
  process.stdout.write(`trips listening on ${server.url}\n`);

  const stop = async (): Promise<void> => {
    await registrant?.stop();
    await server.stop();
    await dryRuns?.close();
    await database.destroy();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}

/** Lets edges ask what a write would do, where there is a user for that. */
async function rehearsing(database: DataSource, dryRunUrl: string, log: Log): Promise<DryRuns | undefined> {
  return dryRunUrl === '' ? undefined : openDryRuns({ database, dryRunUrl, log });
}

/** Says to the edges where this process is, for as long as it runs. */
function register(env: SettingsOf<typeof settings>, url: string, log: Log): Registrant | undefined {
  const { BANYAN_CONTROL_URL: controlUrl, BANYAN_REGISTRATION_TOKEN: token } = env;
  if (token === '') return undefined;
  const onStanding = (problem?: string): void => log.warn({ problem }, problem ? 'not registered' : 'registered again');
  const registrant = new Registrant({ controlUrl, token, target: 'trips', url, onStanding });
  void registrant.start();
  return registrant;
}
