import { declareErrors } from '../shared/index.ts';

export const cutoverErrors = declareErrors({
  SHADOW_RUN_REFUSED: {
    happened: 'A run of mirroring was not begun or ended. Nothing changed.',
    normal: 'When one goes on already, its name is taken, or the unit is at a stage at which no reads are mirrored.',
    todo: 'See `banyan shadow status`; stop the run that goes on, or give another name.',
  },
  SHADOW_RUN_UNKNOWN: {
    happened: 'A run of mirroring was asked for that there is not.',
    normal: 'After a typing error, or before the first run of a unit.',
    todo: 'Use one of the names that `banyan shadow status` lists.',
  },
  VERIFY_DIRECTION: {
    happened: 'A verification was asked for that has no owner of all rows to start from. Nothing was changed.',
    normal: 'When a direction is named that runs from the copy to the owner, or while cohorts are at the service.',
    todo: 'Leave --direction out: it is then taken from the owner of the rows; or return the cohorts first.',
  },
  ENDPOINT_REFUSED: {
    happened: 'A service that wanted to be an endpoint was refused. Nothing is sent there.',
    normal: 'When its plan names other endpoints, or its host is not among those targets may be at.',
    todo: 'Say `endpoints: { from: registration }` in the plan, or name the host under targetHosts in edge.yaml.',
  },
  CONFIGURATION_REFUSED: {
    happened:
      'A reload was asked for that cannot be done while Banyan runs, or that an edge cannot take up. Nothing changed.',
    normal: 'When more than routes, targets and limits was changed, or an edge lacks a variable that a plan uses.',
    todo: 'Take back what the message lists, or restart with it; then reload again.',
  },
  PLAN_INVALID: {
    happened: 'A plan file is missing, or one of them or edge.yaml is not valid YAML or breaks a rule of its format.',
    normal: 'While a plan is being written.',
    todo: 'Change every place the message names; the schemas in `migrations` give completion in editors.',
  },
  SUBJECTS_INVALID: {
    happened: 'The file that says who a request belongs to is missing, is not valid YAML, or breaks a rule.',
    normal: 'On the first start of a new installation.',
    todo: 'Change every place the message names; `migrations/subjects.schema.json` gives completion in editors.',
  },
  MAPPING_INVALID: {
    happened: 'A unit’s mapping.ts does not load or has no default export made by defineMapping.',
    normal: 'While a mapping is being written.',
    todo: 'Export the mapping as the default export of mapping.ts.',
  },
  UNIT_UNKNOWN: {
    happened: 'A command names a unit that no plan declares.',
    normal: 'After a typing error.',
    todo: 'Use one of the units that `banyan status` lists.',
  },
  UNIT_BUSY: {
    happened: 'Another command is changing the same unit.',
    normal: 'When two operators act at once, or a cutover is under way.',
    todo: 'Wait for the other command to end, look at `banyan status`, then try again.',
    retriable: true,
  },
  EPOCH_STALE: {
    happened: 'The unit changed between reading it and changing it, so the change was not made.',
    normal: 'When two controllers run, or an old one wakes up.',
    todo: 'Look at `banyan status` and repeat the command if it is still wanted.',
    retriable: true,
  },
  LEADER_ELSEWHERE: {
    happened: 'A control process was asked for something that only the leader of the control processes does.',
    normal: 'When a standby is asked, or for some seconds after a leader ended and before a standby has taken over.',
    todo: 'Ask the leader the message names, or set BANYAN_CONTROL_URL to the addresses of all, with commas; then repeat it.',
    retriable: true,
  },
  LEADER_LOST: {
    happened: 'This process led, and somebody else leads by now. `banyan control` stands by; `banyan up` ends.',
    normal: 'When it, or its machine, was stopped for longer than its lease while another one was waiting.',
    todo: 'Start `banyan up` again: it waits until it leads. Run one of them, or `banyan control` several times.',
    retriable: true,
  },
  LEADER_DEPOSED: {
    happened: 'A control process that leads no longer was about to change something. Nothing was changed.',
    normal: 'When it, or its machine, was stopped for longer than its lease and a standby has taken over.',
    todo: 'Look at `banyan status`, which asks the leader, and repeat the command if it is still wanted.',
    retriable: true,
  },
  REASON_MISSING: {
    happened: 'A change was asked for without saying why.',
    normal: 'When --reason was forgotten.',
    todo: 'Repeat the command with --reason "…"; it is kept in the journal.',
  },
  APPROVAL_REFUSED: {
    happened:
      'An approval does not count: forged, expired, of another plan, of an earlier stage, or nobody asked for it.',
    normal: 'When the plan or the stage changed after it was looked at.',
    todo: 'Look at what the message says; approve again what is in force now: banyan approve <unit> <step>.',
  },
  RAMP_REFUSED: {
    happened: 'A ramp was to be started, paused or resumed where there is nothing to start, pause or resume.',
    normal: 'When somebody else was faster, or the plan has no ramp.',
    todo: 'Look at `banyan ramp show <unit>`.',
  },
  RETIREMENT_MISSING: {
    happened: 'A unit was to be retired whose plan does not say after how long without use.',
    normal: 'Before anybody has thought of the end.',
    todo: 'Write `retirement: { quietDays: 30 }` into the plan, and restart sync, control and the edges with it.',
  },
  RETIRE_UNCONFIRMED: {
    happened: 'A unit was to be retired and nobody confirmed that the way back to legacy may go. Nothing changed.',
    normal: 'When --yes-drop-the-way-back was left out.',
    todo: 'Look at `banyan retire <unit> --dry-run`; then repeat the command with --yes-drop-the-way-back.',
  },
  BROWNOUT_REFUSED: {
    happened: 'A brownout was to be started or stopped where there is nothing to start or stop.',
    normal: 'When it is under way already, was ended by a listed caller, or the plan has none.',
    todo: 'Look at `banyan brownout show <unit>`; the steps are `retirement.brownout` in the plan.',
  },
  UNIT_RETIRED: {
    happened: 'A command needs the streams or the fence of a unit that is retired.',
    normal: 'Out of habit, or from a script that was not taken away.',
    todo: 'Nothing: the service has the rows for good.',
  },
  JOURNAL_END_LOST: {
    happened:
      'The row that says which line of the journal is the last is gone. Nothing is changed without a journal line.',
    normal: 'Never: somebody removed it past its triggers.',
    todo: 'Restart control, which goes on from the last line there is and journals that; then run `banyan journal --verify`.',
  },
  JOURNAL_BROKEN: {
    happened: 'A line of the journal is not what was written, or lines are missing.',
    normal: 'Never: somebody changed the control database past its triggers.',
    todo: 'Keep a copy of the control database, and compare the line the message names with the last export.',
  },
  CONTROL_UNREACHABLE: {
    happened: 'The control database does not answer.',
    normal: 'While it restarts.',
    todo: 'Check CONTROL_DATABASE_URL and that the server runs; nothing changes until it answers.',
    retriable: true,
  },
  CONTROL_SYNC_UNREACHABLE: {
    happened: 'The sync process does not answer, or broke off in an answer.',
    normal:
      'While `banyan sync` restarts. Nothing moves meanwhile: gates are inconclusive and the edges send reads to the owner.',
    todo: 'Start `banyan sync`, or set BANYAN_SYNC_URL to where it answers.',
    retriable: true,
  },
  CONTROL_EDGE_UNREACHABLE: {
    happened: 'An edge did not acknowledge what it was asked, so nobody knows whether it still admits writes.',
    normal: 'While an edge restarts. A handover is cancelled rather than made without it.',
    todo: 'Look at `banyan edges`; start that edge again, or stop it and run: banyan edges forget <name>.',
    retriable: true,
  },
  CONTROL_API_UNREACHABLE: {
    happened: 'The control process does not answer an edge.',
    normal: 'While `banyan control` restarts. The edge goes on with what it heard last.',
    todo: 'Start `banyan control`, or set BANYAN_CONTROL_URL to where it answers.',
    retriable: true,
  },
  EDGE_NAME_TAKEN: {
    happened: 'An edge came to control under the name of another one that is connected, or with a name that is none.',
    normal:
      'When BANYAN_EDGE_NAME was copied with the settings of another edge. It goes on without control, and exposes nobody.',
    todo: 'Give each edge a BANYAN_EDGE_NAME of its own: letters, digits and . : @ / _ -.',
  },
  EDGE_UNKNOWN: {
    happened: 'A command names an edge that is not on the roster.',
    normal: 'When it said goodbye or was found gone meanwhile.',
    todo: 'Look at `banyan edges`.',
  },
  EDGE_CONNECTED: {
    happened: 'An edge was to be forgotten that is connected and at work. Nothing was changed.',
    normal: 'When it came back meanwhile.',
    todo: 'Stop that edge first; it says goodbye by itself.',
  },
  FENCE_STUCK: {
    happened: 'A cancelled handover could not give the rows back to the side that owned them.',
    normal: 'When that database became unreachable during the handover.',
    todo: 'Make the database reachable and restart `banyan up`: it takes the fence back. Until then writes are refused.',
    retriable: true,
  },
  STAGE_REFUSED: {
    happened: 'A step was asked for that does not exist from the unit’s present stage.',
    normal: 'When the unit is not where the operator believes it is.',
    todo: 'Look at `banyan status`; the message names the step that comes next.',
  },
  HANDOVER_HALF_DONE: {
    happened: 'After the point of no return a step of a cutover or rollback failed.',
    normal: 'When a database became unreachable at that moment.',
    todo: 'Restart `banyan up`: it finishes the handover from the journal.',
    retriable: true,
  },
});
