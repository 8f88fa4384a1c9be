import type { Setting } from '../shared/index.ts';

/** Settings of `banyan up`: where the two sides are and who may talk to whom. */
export const upSettings = {
  LEGACY_URL: { type: 'url', help: 'where the legacy application answers' },
  LEGACY_DATABASE_URL: { type: 'secret', help: "mysql:// URL of legacy's server, as the banyan account" },
  CONTROL_DATABASE_URL: { type: 'secret', help: 'mysql:// URL of the server that holds the banyan control schema' },
  SESSION_SECRET: { type: 'secret', help: 'the secret legacy signs its session cookie with' },
  BANYAN_IDENTITY_KEY: {
    type: 'secret',
    minLength: 32,
    help: 'key that signs the identity tokens services receive; 32 characters or more',
  },
  BANYAN_ADMIN_TOKEN: { type: 'secret', help: 'bearer token of the control API and the metrics' },
  BANYAN_PLANS: { type: 'string', default: 'migrations', help: 'folder that holds the units' },
  BANYAN_FLAGS: { type: 'string', default: 'banyan.flags.json', help: 'flag file in the format of Unleash' },
  UNLEASH_URL: { type: 'string', default: '', help: 'Unleash API URL; empty means the flag file' },
  UNLEASH_API_TOKEN: { type: 'secret', default: '', help: 'backend token for UNLEASH_URL' },
  HOST: { type: 'string', default: '127.0.0.1', help: 'address the edge listens on' },
  PORT: { type: 'number', default: 4300, help: 'port of the edge; 0 takes a free one' },
  BANYAN_CONTROL_PORT: { type: 'number', default: 4400, help: 'port of the control API' },
  BANYAN_METRICS_PORT: { type: 'number', default: 4401, help: 'port of /metrics, /healthz and /readyz' },
  BANYAN_EXPLAIN: { type: 'boolean', default: true, help: 'answer x-banyan-explain with the decision' },
  LOG_LEVEL: { type: 'string', default: 'warn', help: 'debug, info, warn or error' },
} as const satisfies Record<string, Setting>;

/** Settings of `banyan connector`. */
export const connectorSettings = {
  LEGACY_DATABASE_URL: upSettings.LEGACY_DATABASE_URL,
  BANYAN_PLANS: upSettings.BANYAN_PLANS,
  KAFKA_BROKERS: { type: 'string', help: 'host:port of the brokers, with commas, as Kafka Connect reaches them' },
} as const satisfies Record<string, Setting>;

/** Settings of the commands that talk to a running `banyan up`. */
export const clientSettings = {
  BANYAN_CONTROL_URL: { type: 'url', default: 'http://127.0.0.1:4400', help: 'control API of the running banyan' },
  BANYAN_ADMIN_TOKEN: { type: 'secret', help: 'bearer token of the control API' },
} as const satisfies Record<string, Setting>;

/** Settings of the commands that edit the flag file. */
export const flagSettings = {
  BANYAN_FLAGS: upSettings.BANYAN_FLAGS,
  UNLEASH_URL: upSettings.UNLEASH_URL,
} as const satisfies Record<string, Setting>;
