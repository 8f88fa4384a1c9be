import { readFileSync } from 'node:fs';
import type { Edge, EdgeOptions, Ports } from '../edge/index.ts';
import { describeProblems, settingsErrors, type Problem, type SettingsOf } from '../shared/index.ts';
import type { doorSettings } from './door-settings.ts';

export type DoorSettings = SettingsOf<typeof doorSettings>;

/** Where an edge can be reached. */
export interface Doors {
  readonly port: number;
  readonly tlsPort?: number;
  readonly http2Port?: number;
}

/** File descriptors that are kept for targets, logs and peers; at the most this share of all. */
const RESERVED = 1_000;
const RESERVED_SHARE = 0.25;

/** What the settings say of the doors. Throws with everything that would do nothing. */
export function doorsOf(settings: DoorSettings): Pick<EdgeOptions, 'tls' | 'webSocketOrigins' | 'limits'> {
  const { BANYAN_TLS_CERT: certFile, BANYAN_TLS_KEY: keyFile } = settings;
  refuseHalves(certFile, keyFile);
  const origins = listOf(settings.BANYAN_WEBSOCKET_ORIGINS);
  const clientConnections = roomForClients();
  return {
    ...(certFile !== '' && { tls: { certFile, keyFile } }),
    ...(origins.length > 0 && { webSocketOrigins: origins }),
    limits: {
      unreadyMs: settings.BANYAN_UNREADY_MS,
      drainMs: settings.BANYAN_DRAIN_MS,
      ...(clientConnections !== undefined && { clientConnections }),
    },
  };
}

export async function openDoors(
  edge: Edge,
  settings: DoorSettings & { readonly HOST: string; readonly PORT: number },
): Promise<Doors> {
  const { HOST: host, PORT, BANYAN_TLS_CERT: certFile, BANYAN_HTTP2_PORT: http2 } = settings;
  // The one that may fail for want of a certificate first: no door is open for a moment only.
  const tls = certFile === '' ? undefined : await edge.listenTls(settings.BANYAN_TLS_PORT, host);
  const prior = http2 === 0 ? undefined : await edge.listenHttp2(http2, host);
  const { port } = await edge.listen(PORT, host);
  return { port, ...(tls && { tlsPort: tls.port }), ...(prior && { http2Port: prior.port }) };
}

/** Doors as they travel from a worker. */
export function portsToDoors({ port = 0, tlsPort, http2Port }: Ports): Doors {
  return { port, ...(tlsPort !== undefined && { tlsPort }), ...(http2Port !== undefined && { http2Port }) };
}

/** Their addresses, by what is printed in front. */
export function urlsOf(host: string, { port, tlsPort, http2Port }: Doors): Record<string, string> {
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    edge: `http://${name}:${port}`,
    ...(tlsPort !== undefined && { tls: `https://${name}:${tlsPort}` }),
    ...(http2Port !== undefined && { http2: `http://${name}:${http2Port}` }),
  };
}

export function linesOf(urls: Readonly<Record<string, string>>): string {
  const lines = Object.entries(urls).map(([name, url]) => `${name.padEnd(9)}${url}`);
  return lines.join('\n');
}

function refuseHalves(cert: string, key: string): void {
  const problems: Problem[] = [];
  const lack = (subject: string, other: string): void => {
    problems.push({ subject, value: 'empty', expected: `a file, because ${other} names one`, fix: `set ${subject}` });
  };
  if (cert !== '' && key === '') lack('BANYAN_TLS_KEY', 'BANYAN_TLS_CERT');
  if (key !== '' && cert === '') lack('BANYAN_TLS_CERT', 'BANYAN_TLS_KEY');
  if (problems.length > 0) throw settingsErrors.error('SETTINGS_INVALID', { message: describeProblems(problems) });
}

/**
 * A client more than there are file descriptors for takes the connection of a target with it, or a file. Undefined where
 * the limit cannot be read.
 */
function roomForClients(): number | undefined {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    const files = Number(limit);
    return files > 0 ? Math.floor(files - Math.min(RESERVED, files * RESERVED_SHARE)) : undefined;
  } catch {
    return undefined;
  }
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
