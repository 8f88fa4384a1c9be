import { randomBytes } from 'node:crypto';
import { cacheFolder } from './cache.ts';
import { createLocalServer, type LocalRecipe } from './local-server.ts';
import { awaitHttp } from './ready.ts';
import { obtainUnleash, type UnleashProgram } from './unleash-program.ts';

/** A private Unleash server over a PostgreSQL that runs already; it ends with this process. */
export interface Unleash {
  /** Of its API, as SDKs and `UNLEASH_URL` want it: ends in `/api`. */
  readonly url: string;
  readonly port: number;
  readonly version: string;
  /** May change everything. */
  readonly adminToken: string;
  /** Backend tokens: they read the flags of one environment. */
  readonly tokens: Readonly<Record<UnleashEnvironment, string>>;
  /** Ends the server. What it knows stays in the database. Calling it again does nothing. */
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** Starts again on the same port. */
  start(): Promise<void>;
  /** Freezes the process: connections stay open, nothing is answered, until `resume()`. */
  pause(): void;
  resume(): void;
}

/** The two that Unleash's open-source edition has. */
export type UnleashEnvironment = 'development' | 'production';

export interface UnleashOptions {
  /** URL of an empty database, or of one that Unleash used before. */
  readonly database: string;
}

/** Starts a private Unleash, fetching it first where it is missing. Resolves when it answers. */
export async function startUnleash({ database }: UnleashOptions): Promise<Unleash> {
  const program = await obtainUnleash(await cacheFolder());
  const keys = newKeys();
  const server = await createLocalServer('unleash', recipe(program, database, keys));
  try {
    await server.launch();
  } catch (error) {
    await server.remove();
    throw error;
  }
  return {
    ...keys,
    url: `http://127.0.0.1:${server.port}/api`,
    port: server.port,
    version: program.version,
    stop: () => server.remove(),
    kill: () => server.kill(),
    start: () => server.launch(),
    pause: () => server.pause(),
    resume: () => server.resume(),
  };
}

type Keys = Pick<Unleash, 'adminToken' | 'tokens'>;

function newKeys(): Keys {
  const secret = (): string => randomBytes(24).toString('hex');
  const tokens = { development: `default:development.${secret()}`, production: `default:production.${secret()}` };
  return { adminToken: `*:*.${secret()}`, tokens };
}

function recipe({ node, main }: UnleashProgram, database: string, keys: Keys): LocalRecipe {
  return {
    title: 'Unleash',
    prepare: async () => undefined,
    command: async (_folder, port) => ({ program: node, args: [main], env: environment(port, database, keys) }),
    answers: (_folder, port, signal) => awaitHttp(`http://127.0.0.1:${port}/health`, 120_000, signal),
  };
}

/** Everything it would otherwise take from the variables of whoever starts it, or tell to its makers. */
function environment(port: number, database: string, { adminToken, tokens }: Keys): Record<string, string> {
  return {
    NODE_ENV: 'production',
    NODE_OPTIONS: '',
    DATABASE_URL: database,
    DATABASE_SSL: 'false',
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: String(port),
    UNLEASH_URL: `http://127.0.0.1:${port}`,
    INIT_ADMIN_API_TOKENS: adminToken,
    INIT_BACKEND_API_TOKENS: Object.values(tokens).join(','),
    CHECK_VERSION: 'false',
    SEND_TELEMETRY: 'false',
    LOG_LEVEL: 'warn',
  };
}
