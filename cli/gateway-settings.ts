import type { Setting } from '../shared/index.ts';

const RATE = /^[1-9]\d{0,8}\/[1-9]\d{0,4}$/;

/** Settings of what an edge asks of requests, whatever they are for. */
export const gatewaySettings = {
  BANYAN_TRUSTED_PROXIES: {
    type: 'string',
    default: '',
    help: 'addresses and networks of proxies in front whose X-Forwarded headers are believed, with commas',
  },
  BANYAN_REFERENCES: {
    type: 'choice',
    oneOf: ['off', 'report', 'rewrite'],
    default: 'off',
    help: "what is done where the head of an answer names its target's own address: off, report or rewrite",
  },
  LEGACY_ORIGINS: {
    type: 'string',
    default: '',
    help: 'addresses legacy calls itself by, beside LEGACY_URL, with commas',
  },
  LEGACY_COOKIE_DOMAINS: {
    type: 'pairs',
    default: '',
    help: "Domain of legacy's cookies to the public one: old=new, with commas",
  },
  LEGACY_COOKIE_PATHS: { type: 'pairs', default: '', help: 'the same for their Path' },
  BANYAN_COOKIE_OWNERS: {
    type: 'pairs',
    default: '',
    help: "who alone may set a cookie: name=legacy or name=unit, with commas; the session cookie is legacy's",
  },
  BANYAN_MAX_BODY_BYTES: {
    type: 'number',
    default: 0,
    help: 'largest body of a request, where the plan says nothing else; 0 for any',
  },
  BANYAN_RATE_PER_SUBJECT: {
    type: 'string',
    pattern: RATE,
    default: '',
    help: 'requests/seconds each subject may ask for, such as 600/60; empty for any',
  },
  BANYAN_RATE_PER_ADDRESS: {
    type: 'string',
    pattern: RATE,
    default: '',
    help: 'the same for each address of a client (IPv6: each /64)',
  },
  BANYAN_RATE_DATABASE_URL: {
    type: 'secret',
    default: '',
    help: 'mysql:// URL of the control database, for all edges to count together; empty: each counts for itself',
  },
} as const satisfies Record<string, Setting>;
