import { randomBytes } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.ts';
import { properties } from './java.ts';
import { brokerSettings } from './kafka-settings.ts';

/** A formatted storage folder without a record in it, made by Kafka's own tool. */
export async function writeStorage(java: string, classPath: string, storage: string): Promise<void> {
  const settings = `${storage}.properties`;
  await writeFile(settings, properties(brokerSettings({ storage, port: 1, controllerPort: 2 })));
  await run(java, ['-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', settings]);
}

/** Copying is twenty times faster than formatting; the copy gets a cluster id of its own. */
export async function copyStorage(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
  const file = join(to, 'meta.properties');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/^cluster\.id=.*$/m, `cluster.id=${clusterId()}`));
}

/** Kafka's own form of a random id: 16 bytes in the URL alphabet; a leading dash would read as an option. */
export function clusterId(random: () => Buffer = () => randomBytes(16)): string {
  const id = random().toString('base64url');
  return id.startsWith('-') ? `A${id.slice(1)}` : id;
}
