/** The settings of the process. Every name also works with `_FILE`, for values that are mounted as files. */
export const settings = {
  TRIPS_APP_DATABASE_URL: { type: 'url', help: 'the service database, such as mysql://user:password@host:3306/trips' },
  TRIPS_DRY_RUN_DATABASE_URL: {
    type: 'secret',
    default: '',
    help: 'the same database for the user of dry runs; empty means that there are none',
  },
  BANYAN_IDENTITY_KEY: { type: 'secret', help: 'the key the edge signs identity tokens with' },
  PORT: { type: 'number', default: 8081, help: 'the port to listen on; 0 takes a free one' },
  HOST: { type: 'string', default: '127.0.0.1', help: 'the address to listen on' },
  READY_MAX_LAG_MS: {
    type: 'number',
    default: 5000,
    unit: 'ms',
    help: 'how far the copy may be behind legacy before /readyz answers 503',
  },
  BANYAN_CONTROL_URL: { type: 'url', default: 'http://127.0.0.1:4400', help: 'where to register as an endpoint' },
  BANYAN_REGISTRATION_TOKEN: {
    type: 'secret',
    default: '',
    help: 'token to register with; empty means that the plan says where this service is',
  },
  ENDPOINT_URL: { type: 'string', default: '', help: 'where edges reach this process; empty means where it listens' },
  LOG_LEVEL: { type: 'string', default: 'info', help: 'debug, info, warn or error' },
} as const;
