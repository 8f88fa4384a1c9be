import type { Setting } from '../shared/index.ts';
import { clusterSettings, doorSettings } from './door-settings.ts';
import { gatewaySettings } from './gateway-settings.ts';
import { accessSettings, traceSettings } from './watch-settings.ts';

/** Where a process that decides by flags gets them. */
const flagSource = {
  BANYAN_FLAGS: { type: 'string', default: 'banyan.flags.json', help: 'flag file in the format of Unleash' },
  UNLEASH_URL: { type: 'string', default: '', help: 'Unleash API URL; empty means the flag file' },
  UNLEASH_API_TOKEN: { type: 'secret', default: '', help: 'backend token for UNLEASH_URL; it names the environment' },
  UNLEASH_POLL_MS: { type: 'number', default: 2_000, help: 'how often Unleash is asked; three times that is stale' },
  BANYAN_FLAGS_SNAPSHOT: {
    type: 'string',
    default: 'banyan.flags.last.json',
    help: 'file that keeps the last flags of Unleash for a start without it; empty means none',
  },
} as const satisfies Record<string, Setting>;

const registrationToken = {
  type: 'secret',
  default: '',
  minLength: 16,
  help: 'token with which services register as endpoints at the control API; empty means they cannot',
} as const;

const flagsToken = {
  type: 'secret',
  default: '',
  minLength: 16,
  help: 'token with which SDKs and edges read the flags below /api of the control API; empty means they cannot',
} as const;

/** Every setting of a running process, once. A process declares which of them are its own. */
const all = {
  LEGACY_URL: { type: 'url', help: 'where the legacy application answers' },
  LEGACY_DATABASE_URL: { type: 'secret', help: "mysql:// URL of legacy's server, as the banyan account" },
  CONTROL_DATABASE_URL: { type: 'secret', help: 'mysql:// URL of the server that holds the banyan control schema' },
  SESSION_SECRET: {
    type: 'secret',
    default: '',
    help: 'the secret legacy signs its session cookie with; required for the format signed-user-id',
  },
  BANYAN_IDENTITY_KEY: {
    type: 'secret',
    default: '',
    minLength: 32,
    help: 'secret that signs the identity tokens services receive; 32 characters or more; or use BANYAN_IDENTITY_KEYS',
  },
  BANYAN_IDENTITY_KEYS: {
    type: 'string',
    default: '',
    help: 'file of private keys in place of the secret; made by `banyan identity-key rotate`, watched',
  },
  BANYAN_EDGE_KEY: {
    type: 'secret',
    default: '',
    minLength: 32,
    help: 'what the edges share and no service knows: signs overrides, pins and visitors; empty switches them off',
  },
  BANYAN_EDGE_KEY_BEFORE: {
    type: 'secret',
    default: '',
    minLength: 32,
    help: 'the edge key before this one: markers that clients carry are read with both for ten minutes after a change',
  },
  BANYAN_SHADOW_KEY: {
    type: 'secret',
    default: '',
    minLength: 32,
    help: 'seals the values of answers that a plan has kept; needed where one says comparison.keep',
  },
  BANYAN_ADMIN_TOKEN: { type: 'secret', help: 'bearer token of the control API and the metrics' },
  BANYAN_PLANS: { type: 'string', default: 'migrations', help: 'folder that holds the units' },
  ...flagSource,
  BANYAN_FLAGS_TOKEN: flagsToken,
  BANYAN_REGISTRATION_TOKEN: registrationToken,
  KILL_FILE: {
    type: 'string',
    default: 'banyan.kill',
    help: 'file that lists units to take off their services, or *; watched, and written by `banyan kill`',
  },
  SHADOW_WRITES_FILE: {
    type: 'string',
    default: 'banyan.shadow-writes',
    help: 'file that lists units whose shadow writes are stopped; watched, and written when a service does not acknowledge',
  },
  KAFKA_BROKERS: { type: 'string', default: '', help: 'host:port of the brokers, with commas; empty means the binlog' },
  KAFKA_PER_TABLE: { type: 'boolean', default: false, help: 'read a topic per table, as pipelines that exist have it' },
  HOST: { type: 'string', default: '127.0.0.1', help: 'address the edge listens on' },
  PORT: { type: 'number', default: 4300, help: 'port of the edge; 0 takes a free one' },
  ...doorSettings,
  BANYAN_CONTROL_PORT: { type: 'number', default: 4400, help: 'port of the control API' },
  BANYAN_METRICS_PORT: { type: 'number', default: 4401, help: 'port of /metrics, /healthz and /readyz' },
  BANYAN_EXPLAIN: { type: 'boolean', default: true, help: 'answer x-banyan-explain with the decision' },
  ...gatewaySettings,
  ...accessSettings,
  ...traceSettings,
  LOG_LEVEL: { type: 'string', default: 'warn', help: 'debug, info, warn or error' },
} as const satisfies Record<string, Setting>;

/** Settings of the process that is everything at once: where the two sides are and who may talk to whom. */
export const upSettings = all;

const token = { type: 'secret', help: 'bearer token of the APIs between the processes; the same for all' } as const;
const host = { type: 'string', default: '127.0.0.1', help: 'address this process listens on' } as const;

/** Settings of `banyan sync`. */
export const syncSettings = {
  LEGACY_DATABASE_URL: all.LEGACY_DATABASE_URL,
  BANYAN_ADMIN_TOKEN: token,
  BANYAN_PLANS: all.BANYAN_PLANS,
  KAFKA_BROKERS: all.KAFKA_BROKERS,
  KAFKA_PER_TABLE: all.KAFKA_PER_TABLE,
  HOST: host,
  BANYAN_SYNC_PORT: { type: 'number', default: 4402, help: 'port of the API that control and edges ask' },
  ...traceSettings,
  LOG_LEVEL: all.LOG_LEVEL,
} as const satisfies Record<string, Setting>;

/** Settings of `banyan connector`. */
export const connectorSettings = {
  LEGACY_DATABASE_URL: all.LEGACY_DATABASE_URL,
  BANYAN_PLANS: all.BANYAN_PLANS,
  KAFKA_BROKERS: { type: 'string', help: 'host:port of the brokers, with commas, as Kafka Connect reaches them' },
} as const satisfies Record<string, Setting>;

const syncUrl = { type: 'url', default: 'http://127.0.0.1:4402', help: 'where `banyan sync` answers' } as const;

/** Settings of `banyan control`. */
export const controlSettings = {
  CONTROL_DATABASE_URL: all.CONTROL_DATABASE_URL,
  BANYAN_ADMIN_TOKEN: token,
  BANYAN_SYNC_URL: syncUrl,
  BANYAN_PLANS: all.BANYAN_PLANS,
  ...flagSource,
  BANYAN_FLAGS_TOKEN: flagsToken,
  BANYAN_REGISTRATION_TOKEN: registrationToken,
  HOST: host,
  BANYAN_CONTROL_PORT: all.BANYAN_CONTROL_PORT,
  ...traceSettings,
  LOG_LEVEL: all.LOG_LEVEL,
} as const satisfies Record<string, Setting>;

/** Settings of `banyan edge`. */
export const edgeSettings = {
  LEGACY_URL: all.LEGACY_URL,
  SESSION_SECRET: all.SESSION_SECRET,
  BANYAN_IDENTITY_KEY: all.BANYAN_IDENTITY_KEY,
  BANYAN_IDENTITY_KEYS: all.BANYAN_IDENTITY_KEYS,
  BANYAN_EDGE_KEY: all.BANYAN_EDGE_KEY,
  BANYAN_EDGE_KEY_BEFORE: all.BANYAN_EDGE_KEY_BEFORE,
  BANYAN_SHADOW_KEY: all.BANYAN_SHADOW_KEY,
  BANYAN_ADMIN_TOKEN: token,
  BANYAN_SYNC_URL: syncUrl,
  BANYAN_CONTROL_URL: {
    type: 'urls',
    default: 'http://127.0.0.1:4400',
    help: 'where `banyan control` answers; of several the addresses of all, with commas',
  },
  BANYAN_EDGE_NAME: {
    type: 'string',
    default: '',
    help: 'what this edge is called, the same after a restart; empty means host name and admin port',
  },
  BANYAN_STAGES: {
    type: 'string',
    default: 'banyan.stages.json',
    help: 'file that keeps the last known stages for a start without control',
  },
  BANYAN_PLANS: all.BANYAN_PLANS,
  ...flagSource,
  KILL_FILE: all.KILL_FILE,
  SHADOW_WRITES_FILE: all.SHADOW_WRITES_FILE,
  HOST: host,
  PORT: all.PORT,
  ...doorSettings,
  ...clusterSettings,
  BANYAN_METRICS_PORT: {
    type: 'number',
    default: 4401,
    help: 'port of /metrics, /healthz, /readyz and of `banyan kill`; 0 takes a free one',
  },
  BANYAN_EXPLAIN: all.BANYAN_EXPLAIN,
  ...gatewaySettings,
  ...accessSettings,
  ...traceSettings,
  LOG_LEVEL: all.LOG_LEVEL,
} as const satisfies Record<string, Setting>;

/** Settings of the commands that talk to a running `banyan up` or `banyan control`. */
export const clientSettings = {
  BANYAN_CONTROL_URL: {
    type: 'urls',
    default: 'http://127.0.0.1:4400',
    help: 'control API of the running banyan; of several the addresses of all, with commas',
  },
  BANYAN_ADMIN_TOKEN: { type: 'secret', help: 'bearer token of the control API' },
  BANYAN_EDGE_URLS: {
    type: 'string',
    default: 'http://127.0.0.1:4401',
    help: 'admin listeners of all edges, with commas; `banyan kill` tells each of them',
  },
} as const satisfies Record<string, Setting>;

/** Settings of `banyan replay`. */
export const replaySettings = {
  BANYAN_PLANS: all.BANYAN_PLANS,
  LEGACY_URL: { type: 'url', help: 'where legacy answers' },
  BANYAN_IDENTITY_KEY: { type: 'secret', default: '', help: 'the key the service verifies identity tokens with' },
} as const satisfies Record<string, Setting>;

/** Settings of the commands that change flags: `banyan cohort`, `kill` and `flags`. */
export const flagSettings = {
  BANYAN_PLANS: all.BANYAN_PLANS,
  BANYAN_FLAGS: all.BANYAN_FLAGS,
  UNLEASH_URL: all.UNLEASH_URL,
  UNLEASH_ADMIN_TOKEN: {
    type: 'secret',
    default: '',
    help: 'token that may change flags of Unleash; no process needs it',
  },
  UNLEASH_PROJECT: { type: 'string', default: 'default', help: 'project of Unleash that holds the flags' },
  UNLEASH_ENVIRONMENT: {
    type: 'string',
    default: '',
    help: 'environment of Unleash; empty means the one that UNLEASH_API_TOKEN names',
  },
  UNLEASH_API_TOKEN: all.UNLEASH_API_TOKEN,
} as const satisfies Record<string, Setting>;

/** Settings of `banyan override`, on top of those of every command. */
export const overrideSettings = {
  BANYAN_PLANS: all.BANYAN_PLANS,
  BANYAN_EDGE_KEY: { type: 'secret', minLength: 32, help: all.BANYAN_EDGE_KEY.help },
} as const satisfies Record<string, Setting>;

/** Settings of `banyan shadow report --values`. */
export const shadowValueSettings = {
  BANYAN_SHADOW_KEY: { type: 'secret', minLength: 32, help: all.BANYAN_SHADOW_KEY.help },
} as const satisfies Record<string, Setting>;

/** Settings of commands that read or change the plan files, on top of those of every command. */
export const planSettings = {
  BANYAN_PLANS: all.BANYAN_PLANS,
} as const satisfies Record<string, Setting>;

/** Settings of `banyan identity-key`. */
export const identityKeySettings = {
  BANYAN_IDENTITY_KEYS: { type: 'string', help: all.BANYAN_IDENTITY_KEYS.help },
} as const satisfies Record<string, Setting>;
