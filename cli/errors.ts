import { declareErrors } from '../shared/index.ts';

export const cliErrors = declareErrors({
  CLI_UNREACHABLE: {
    happened: 'The control API of banyan does not answer.',
    normal: 'While `banyan up` is not running.',
    todo: 'Start `banyan up`, or set BANYAN_CONTROL_URL to where it runs.',
    retriable: true,
  },
  CLI_REFUSED: {
    happened: 'The control API refused the command.',
    normal: 'When a gate does not pass or the unit is at another stage.',
    todo: 'Follow the message; it names the next command.',
  },
  CLI_FLAGS_ELSEWHERE: {
    happened:
      'A command was to change a flag that UNLEASH_URL says is in Unleash, and had no token for that. Nothing was changed.',
    normal: 'When flags are changed on the pages of Unleash alone.',
    todo: 'Set UNLEASH_ADMIN_TOKEN to a token that may change flags, or change the flag in Unleash.',
  },
  CLI_USAGE: {
    happened: 'A command was given options of which one would do nothing. Nothing was changed.',
    normal: 'Never; see the message.',
    todo: 'Leave the option out that the message names, or give the one it belongs to.',
  },
  RECORDING_INVALID: {
    happened: 'A recording, or the file that says who its sessions are, cannot be read. Nothing was sent.',
    normal: 'When the file was edited, or is of another version.',
    todo: 'Correct the line that the message names, or record anew.',
  },
  REPLAY_REFUSED: {
    happened: 'A replay was to send writes to something that is not declared to be disposable. Nothing was sent.',
    normal: 'When the plan names no copies that may be thrown away.',
    todo: 'Name copies of both sides under disposable in the plan, or leave --writes out.',
  },
  REPLAY_DIFFERS: {
    happened: 'A replay has found answers of the service that differ from those of legacy, or got no answer.',
    normal: 'While the service is being written.',
    todo: 'Look at the list; correct the service, or add a rule to the comparison in the plan.',
  },
  CLI_INTERRUPTED: {
    happened: 'The command was interrupted and what could be cancelled was cancelled.',
    normal: 'After Ctrl-C.',
    todo: 'Look at `banyan status`.',
  },
  MAPPING_REFUSED: {
    happened: 'Rows that are there do not pass a unit’s mapping, there or back. Nothing was changed.',
    normal: 'While a mapping is being written, or when legacy wrote a value that it does not know.',
    todo: 'Correct mapping.ts or the target schema as the list says, or declare what may be lost, then check again.',
  },
  DOCTOR_FOUND: {
    happened: 'The checks before a run found something that must be changed first.',
    normal: 'On the first start of a new installation.',
    todo: 'Change every line the message lists; each names the exact statement or setting.',
  },
});

/** Wrong usage, as opposed to a failure: the exit code is 2. */
export const usageCodes = new Set([
  'CLI_USAGE',
  'RECORDING_INVALID',
  'REPLAY_REFUSED',
  'SETTINGS_INVALID',
  'PLAN_INVALID',
  'CONFIGURATION_REFUSED',
  'EDGE_TARGET_REFUSED',
  'SUBJECTS_INVALID',
  'EDGE_IDENTITY_KEYS_INVALID',
  'EDGE_SECRET_EMPTY',
  'REASON_MISSING',
  'UNIT_UNKNOWN',
  'FLAGS_MISSING',
  'CONTROL_REQUEST',
]);
