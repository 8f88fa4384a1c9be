import { parseArgs } from 'node:util';
import express from 'express';
import { createApp } from '../../extracted/trips/app.ts';
import { createDatabase } from '../../extracted/trips/database.ts';
import { createIdentityVerifier } from '../../extracted/trips/identity.ts';
import { createReadinessCheck } from '../../extracted/trips/readiness.ts';
import { listen } from '../../extracted/trips/server.ts';
import { settings } from '../../extracted/trips/settings.ts';
import { openDryRuns } from '../../service/index.ts';
import { readSettings, silentLog, systemClock } from '../../shared/index.ts';
import { readDefects } from './read-defects.ts';
import { writeDefects } from './write-defects.ts';

/** The trips service as a process of its own, with mistakes: `--defect "wrong rounding" --failures 0.005`. */
const { values } = parseArgs({
  options: {
    defect: { type: 'string', multiple: true, default: [] },
    failures: { type: 'string', default: '0.005' },
  },
});
const made = new Set(values.defect);
const env = readSettings(settings, process.env);
const database = await createDatabase(env.TRIPS_APP_DATABASE_URL).initialize();
const dryRuns = await openDryRuns({ database, dryRunUrl: env.TRIPS_DRY_RUN_DATABASE_URL, log: silentLog });
const verifyIdentity = createIdentityVerifier({ key: env.BANYAN_IDENTITY_KEY, clock: systemClock });
const checkReadiness = createReadinessCheck({ database, maxLagMs: env.READY_MAX_LAG_MS });
const trips = createApp({ database, verifyIdentity, checkReadiness, clock: systemClock, log: silentLog });
const has = (defect: string): boolean => made.has(defect);
// What a write would do is asked in front of everything, so that the mistakes are part of it.
const app = express().use(dryRuns.step, readDefects(has, Number(values.failures)), writeDefects(database, has), trips);
const server = await listen(app, { port: env.PORT, host: env.HOST });
process.stdout.write(`trips listening on ${server.url}\n`);

process.once('SIGTERM', () => void stop());

async function stop(): Promise<void> {
  await server.stop();
  await dryRuns.close();
  await database.destroy();
  process.exit(0);
}
