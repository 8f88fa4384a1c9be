export { openDryRuns, type DryRuns, type DryRunsOptions, type Step } from './dry-runs.ts';
export type { StandInAnswer } from './call-recorder.ts';
export { serviceErrors } from './errors.ts';
