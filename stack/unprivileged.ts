import { chown, readFile } from 'node:fs/promises';
import { isRoot } from './command.ts';

/** A user of this machine, as a process is started under it. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** In the order of preference: the one Debian's package makes, then the one every system has. */
const NAMES = ['postgres', 'nobody'];

/** For programs that refuse to run as root: whom to run them as. Undefined when this process is not root anyway. */
export async function unprivilegedUser(): Promise<SystemUser | undefined> {
  if (!isRoot()) return undefined;
  const users = parseUsers(await readFile('/etc/passwd', 'utf8').catch(() => ''));
  const name = NAMES.find((known) => users.has(known));
  return (name === undefined ? undefined : users.get(name)) ?? { uid: 65_534, gid: 65_534 };
}

/** The users of an `/etc/passwd`, by name. */
export function parseUsers(text: string): Map<string, SystemUser> {
  const fields = text.split('\n').map((line) => line.split(':'));
  return new Map(fields.map(([name = '', , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]));
}

/** Gives a folder or file to the user; leaves it as it is without one. */
export async function handOver(path: string, user: SystemUser | undefined): Promise<void> {
  if (user !== undefined) await chown(path, user.uid, user.gid);
}
