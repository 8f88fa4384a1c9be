import { userInfo, hostname } from 'node:os';
import type { Intent } from '../cutover/index.ts';
import { readSettings, type ApiClient } from '../shared/index.ts';
import { createControlClient } from './control-client.ts';
import { clientSettings } from './settings.ts';
import type { Output } from './terminal.ts';

/** What every command is given: where to print, the environment, and a signal that Ctrl-C aborts. */
export interface Context {
  readonly output: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Options that every changing command has. */
export interface ChangeFlags {
  readonly reason?: string;
  readonly dryRun?: boolean;
  readonly evidence?: readonly string[];
}

export function controlClient(context: Context): ApiClient {
  const settings = readSettings(clientSettings, context.env);
  return createControlClient(settings.BANYAN_CONTROL_URL, settings.BANYAN_ADMIN_TOKEN);
}

/** Who is acting, for the journal: `user@host`. */
export function operator(): string {
  return `${userInfo().username}@${hostname()}`;
}

export function intentOf({ reason = '', dryRun = false, evidence }: ChangeFlags): Intent & { dryRun: boolean } {
  return { who: operator(), reason, dryRun, ...(evidence && { evidence }) };
}
