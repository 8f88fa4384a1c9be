export type { UnitLine } from './commands/status.ts';
export { cliErrors } from './errors.ts';
export { table } from './terminal.ts';
export { compose, type ComposeHooks, type Running } from './compose.ts';
export { upSettings } from './settings.ts';
