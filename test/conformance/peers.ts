import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../shared/index.ts';
import { freePort } from '../../stack/index.ts';
import type { Bench } from './bench.ts';
import { haproxyConfig, nginxConfig } from './peer-configs.ts';
import { Client } from './wire/client.ts';
import { RawTarget } from './wire/target.ts';

/** Another proxy that is asked the same, for comparison only. */
export interface Peer {
  readonly bench: Bench;
  /** Makes the target forget and ends the connections of the last case. */
  reset(): void;
  close(): Promise<void>;
}

interface Program {
  readonly name: string;
  arguments(folder: string, port: number, targetPort: number): string[];
}

const programs: readonly Program[] = [
  {
    name: 'nginx',
    arguments: (folder, port, target) => [
      '-p',
      folder,
      '-c',
      file(folder, nginxConfig(folder, port, target)),
      '-g',
      'daemon off;',
    ],
  },
  { name: 'haproxy', arguments: (folder, port, target) => ['-db', '-f', file(folder, haproxyConfig(port, target))] },
];

export const PEER_NAMES = programs.map(({ name }) => name);

/** Starts whatever of the peers is installed. */
export async function openPeers(): Promise<Map<string, Peer>> {
  const peers = new Map<string, Peer>();
  for (const program of programs) {
    const peer = isInstalled(program.name) ? await openPeer(program) : undefined;
    if (peer) peers.set(program.name, peer);
  }
  return peers;
}

async function openPeer(program: Program): Promise<Peer | undefined> {
  const folder = mkdtempSync(join(tmpdir(), `conformance-${program.name}-`));
  chmodSync(folder, 0o755); // nginx's workers are another user when it is started as root.
  const target = await new RawTarget().listen();
  const port = await freePort();
  const process = spawn(program.name, program.arguments(folder, port, target.port), { stdio: 'ignore' });
  const clients: Client[] = [];
  const connectTo = (from?: string): Client => {
    const client = new Client(port, from);
    clients.push(client);
    return client;
  };
  const bench: Bench = { proxy: program.name, port, target, world: notTheEdge, connect: connectTo };
  const reset = (): void => {
    for (const client of clients.splice(0)) client.close();
    target.reset();
  };
  const close = async (): Promise<void> => {
    reset();
    await ended(process);
    await target.close();
    rmSync(folder, { recursive: true, force: true });
  };
  if (await waitUntil(() => accepts(port), { budgetMs: 3000, everyMs: 20 })) return { bench, reset, close };
  await close();
  return undefined;
}

function notTheEdge(): never {
  throw new Error('not the edge');
}

function isInstalled(name: string): boolean {
  return spawnSync(name, ['-v'], { stdio: 'ignore' }).error === undefined;
}

function file(folder: string, text: string): string {
  const path = join(folder, 'proxy.conf');
  writeFileSync(path, text);
  return path;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.pid === undefined) return;
  const exit = new Promise((resolve) => process.once('exit', resolve));
  process.kill('SIGTERM');
  await exit;
}
