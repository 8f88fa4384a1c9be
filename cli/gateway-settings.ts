import type { Setting } from '../shared/index.ts';

const RATE = /^[1-9]\d{0,8}\/[1-9]\d{0,4}$/;

/** Settings of what an edge asks of requests, whatever they are for. */
export const gatewaySettings = {
  BANYAN_TRUSTED_PROXIES: {
    type: 'string',
    default: '',
    help: 'addresses and networks of proxies in front whose X-Forwarded headers are believed, with commas',
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
