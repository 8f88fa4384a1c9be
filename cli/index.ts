export type { UnitLine } from './commands/status.ts';
export { cliErrors } from './errors.ts';
export { reportPage } from './shadow-report/report-page.ts';
export { reportText } from './shadow-report/report-text.ts';
export { table } from './terminal.ts';
export { compose, type Running } from './compose.ts';
export { composeSync, type ComposeHooks, type RunningSync } from './compose-sync.ts';
export { binlogOnly, changeSources } from './change-sources.ts';
export { syncSettings, upSettings } from './settings.ts';
