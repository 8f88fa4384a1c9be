import type { Setting } from '../shared/index.ts';

/** Settings of how clients come in to an edge, and of how it leaves. */
export const doorSettings = {
  BANYAN_TLS_CERT: {
    type: 'string',
    default: '',
    help: 'file with the certificate and its chain, PEM; with BANYAN_TLS_KEY it opens BANYAN_TLS_PORT',
  },
  BANYAN_TLS_KEY: { type: 'string', default: '', help: 'file with the key of the certificate, PEM' },
  BANYAN_TLS_PORT: {
    type: 'number',
    default: 4443,
    help: 'port for TLS, with HTTP/2 or HTTP/1.1 as the client can; 0 takes a free one',
  },
  BANYAN_HTTP2_PORT: {
    type: 'number',
    default: 0,
    help: 'port for HTTP/2 without TLS, for clients that know it; 0 opens none',
  },
  BANYAN_WEBSOCKET_ORIGINS: {
    type: 'string',
    default: '',
    help: 'pages that may open a WebSocket: https://app.example, or same for the host asked, with commas; empty: any',
  },
  BANYAN_UNREADY_MS: {
    type: 'number',
    default: 0,
    help: 'how long the ports stay open after /readyz has begun to fail',
  },
  BANYAN_DRAIN_MS: {
    type: 'number',
    default: 5_000,
    help: 'how long requests may go on after the ports are closed',
  },
} as const satisfies Record<string, Setting>;

/** Settings of `banyan edge` alone: `banyan up` is one process. */
export const clusterSettings = {
  BANYAN_EDGE_WORKERS: {
    type: 'number',
    default: 1,
    help: 'processes that share the ports of this edge; 0 for one on each processor',
  },
} as const satisfies Record<string, Setting>;
