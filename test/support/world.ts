import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applySchema, seed, type SeedOptions } from '../../legacy/index.ts';
import { freePort, startMariaDb, type MariaDb } from '../../stack/index.ts';
import { runProgram, startProgram, type Program, type ProgramEnd } from './program.ts';

export const sessionSecret = 'fleet-session-secret-of-the-example';
export const adminToken = 'admin-token-of-the-example';
const identityKey = 'identity-key-of-the-example-32-chars';
const password = 'example';

/** The fleet example on real servers: two databases, the monolith, the extracted service; banyan is started apart. */
export interface World {
  readonly legacyDb: MariaDb;
  readonly serviceDb: MariaDb;
  readonly legacyUrl: string;
  readonly serviceUrl: string;
  /** Environment of every banyan command against this world. */
  readonly env: Readonly<Record<string, string>>;
  readonly seededRows: Readonly<Record<string, number>>;
  /** The extracted service, to be killed and started again where it was. */
  readonly service: { kill(): Promise<void>; start(): Promise<void> };
  /** One more process of the extracted service, on a port of its own. */
  startReplica(env?: Readonly<Record<string, string>>): Promise<Program>;
  legacyJob(name: 'nightly' | 'fix-fares'): Promise<ProgramEnd>;
  stop(): Promise<void>;
}

export interface WorldOptions {
  readonly size?: Partial<SeedOptions>;
  readonly onStep?: (text: string) => void;
  /** Legacy numbers its rows odd, the service even: both can make rows at once. */
  readonly ownNumbers?: boolean;
}

export async function startWorld({
  size = {},
  onStep = () => undefined,
  ownNumbers = false,
}: WorldOptions = {}): Promise<World> {
  const [legacyDb, serviceDb] = await Promise.all([startMariaDb({ serverId: 1 }), startMariaDb({ serverId: 2 })]);
  onStep(`two MariaDB ${legacyDb.version} servers`);
  await applySchema(legacyDb.url('root', '', ''));
  await grantAccounts(legacyDb, serviceDb);
  const seeded = await seed({ ...size, url: legacyDb.url('root', '', 'fleet') });
  onStep(
    `seeded ${Object.values(seeded.rows)
      .reduce((a, b) => a + b, 0)
      .toLocaleString('en')} rows in ${(seeded.ms / 1000).toFixed(1)} s`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'banyan-world-'));
  const urls = databaseUrls(legacyDb, serviceDb);
  await migrate(urls.tripsApp);
  if (ownNumbers) await Promise.all([numberFrom(legacyDb, 1), numberFrom(serviceDb, 2)]);
  const startFirst = async (PORT: string): Promise<Program> => startService(urls.tripsApp, { PORT });
  const servicePort = String(await freePort());
  const [legacy, first] = await Promise.all([startLegacy(urls.legacyApp), startFirst(servicePort)]);
  let service = first;
  onStep(`monolith at ${legacy.ready}, trips service at ${service.ready}`);
  const stop = async (): Promise<void> => {
    await Promise.all([legacy.stop(), service.stop()]);
    await Promise.all([legacyDb.stop(), serviceDb.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
  return {
    legacyDb,
    serviceDb,
    legacyUrl: legacy.ready,
    serviceUrl: first.ready,
    env: await banyanEnv(urls, legacy.ready, first.ready, folder),
    seededRows: seeded.rows,
    service: {
      kill: () => service.kill(),
      start: async () => void (service = await startFirst(servicePort)),
    },
    startReplica: (env) => startService(urls.tripsApp, env),
    legacyJob: (name) => runJob(name, urls.legacyApp),
    stop,
  };
}

interface Urls {
  readonly legacyApp: string;
  readonly tripsApp: string;
  readonly legacyBanyan: string;
  readonly serviceBanyan: string;
  readonly control: string;
}

function databaseUrls(legacyDb: MariaDb, serviceDb: MariaDb): Urls {
  return {
    legacyApp: legacyDb.url('fleet_app', password, 'fleet'),
    tripsApp: serviceDb.url('trips_app', password, 'trips'),
    legacyBanyan: legacyDb.url('banyan', password, 'fleet'),
    serviceBanyan: serviceDb.url('banyan', password, 'trips'),
    control: serviceDb.url('banyan', password, 'banyan'),
  };
}

/** The same least rights that docs/how-to-start.md asks for; neither account may change what the other needs. */
async function grantAccounts(legacyDb: MariaDb, serviceDb: MariaDb): Promise<void> {
  await legacyDb.sql(`${account('fleet_app', 'fleet')}; ${banyanAccount('fleet')}`);
  await serviceDb.sql(
    `CREATE DATABASE trips CHARACTER SET utf8mb4; CREATE DATABASE banyan CHARACTER SET utf8mb4;
     ${account('trips_app', 'trips')}; GRANT SELECT ON banyan.* TO 'trips_app'@'%'; ${banyanAccount('trips')}`,
  );
}

/** For every session that begins after it. */
function numberFrom(server: MariaDb, offset: number): Promise<unknown> {
  return server.sql(`SET GLOBAL auto_increment_increment = 2, auto_increment_offset = ${offset}`);
}

function account(user: string, schema: string): string {
  return `CREATE USER '${user}'@'%' IDENTIFIED BY '${password}'; GRANT ALL ON ${schema}.* TO '${user}'@'%'`;
}

function banyanAccount(schema: string): string {
  return `CREATE USER 'banyan'@'%' IDENTIFIED BY '${password}';
    GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON ${schema}.* TO 'banyan'@'%';
    GRANT ALL ON banyan.* TO 'banyan'@'%';
    GRANT REPLICATION SLAVE, REPLICATION CLIENT, BINLOG REPLAY, BINLOG MONITOR ON *.* TO 'banyan'@'%'`;
}

async function migrate(tripsApp: string): Promise<void> {
  const { exitCode, output } = await runProgram({
    args: ['migrations/trips/schema/main.ts'],
    env: { TRIPS_APP_DATABASE_URL: tripsApp },
  });
  if (exitCode !== 0) throw new Error(`the schema of trips could not be made: ${output}`);
}

function startLegacy(databaseUrl: string): Promise<Program> {
  return startProgram({
    args: ['legacy/main.ts'],
    env: { LEGACY_APP_DATABASE_URL: databaseUrl, LEGACY_SESSION_SECRET: sessionSecret, PORT: '0' },
    readyWhen: /fleet listening on (\S+)/,
  });
}

function startService(databaseUrl: string, env: Readonly<Record<string, string>> = {}): Promise<Program> {
  return startProgram({
    args: ['extracted/trips/main.ts'],
    env: { TRIPS_APP_DATABASE_URL: databaseUrl, BANYAN_IDENTITY_KEY: identityKey, PORT: '0', ...env },
    readyWhen: /trips listening on (\S+)/,
  });
}

async function banyanEnv(
  urls: Urls,
  legacyUrl: string,
  serviceUrl: string,
  folder: string,
): Promise<Record<string, string>> {
  const [edgePort, controlPort, metricsPort, syncPort] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  return {
    LEGACY_URL: legacyUrl,
    KILL_FILE: join(folder, 'banyan.kill'),
    SHADOW_WRITES_FILE: join(folder, 'banyan.shadow-writes'),
    BANYAN_EDGE_KEY: 'edge-key-of-the-example-with-32-chars',
    LEGACY_DATABASE_URL: urls.legacyBanyan,
    CONTROL_DATABASE_URL: urls.control,
    TRIPS_URL: serviceUrl,
    TRIPS_DATABASE_URL: urls.serviceBanyan,
    SESSION_SECRET: sessionSecret,
    BANYAN_IDENTITY_KEY: identityKey,
    BANYAN_ADMIN_TOKEN: adminToken,
    BANYAN_FLAGS: join(folder, 'flags.json'),
    PORT: String(edgePort),
    BANYAN_CONTROL_PORT: String(controlPort),
    BANYAN_METRICS_PORT: String(metricsPort),
    BANYAN_SYNC_PORT: String(syncPort),
    BANYAN_CONTROL_URL: `http://127.0.0.1:${controlPort}`,
    BANYAN_SYNC_URL: `http://127.0.0.1:${syncPort}`,
    BANYAN_EDGE_URLS: `http://127.0.0.1:${metricsPort}`,
    BANYAN_STAGES: join(folder, 'stages.json'),
  };
}

/** Runs one of the monolith's own programs that write past HTTP. */
async function runJob(name: 'nightly' | 'fix-fares', databaseUrl: string): Promise<ProgramEnd> {
  return runProgram({ args: [`legacy/jobs/${name}.ts`], env: { LEGACY_APP_DATABASE_URL: databaseUrl } });
}
