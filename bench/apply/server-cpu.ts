import { readFileSync } from 'node:fs';
import type { Connection } from '../../shared/index.ts';

const TICKS_PER_S = 100;

/** CPU seconds a database server on this machine has used so far. */
export async function serverCpuSeconds(connection: Connection): Promise<number> {
  const [, ...fields] = readFileSync(`/proc/${await pidOf(connection)}/stat`, 'utf8').split(') ');
  const values = fields.join(') ').split(' ');
  return (Number(values[11]) + Number(values[12])) / TICKS_PER_S;
}

/** Resident memory of the server, in MiB. */
export async function serverRssMb(connection: Connection): Promise<number> {
  const status = readFileSync(`/proc/${await pidOf(connection)}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

async function pidOf(connection: Connection): Promise<string> {
  const [rows] = await connection.query('SELECT @@pid_file AS file, @@datadir AS folder');
  const { file, folder } = (rows as { file: string; folder: string }[])[0] ?? { file: '', folder: '' };
  return readFileSync(file.startsWith('/') ? file : `${folder}/${file}`, 'utf8').trim();
}
