import { declareErrors } from '../shared/index.ts';

export const flagErrors = declareErrors({
  FLAGS_INVALID: {
    happened: 'A set of flags is not what GET /api/client/features answers.',
    normal: 'After an edit by hand that left the file half written or not JSON.',
    todo: 'Correct the file; until then the last good set stays in use.',
  },
  FLAGS_CONFLICT: {
    happened: 'The flag file changed again and again while a change was being written to it.',
    normal: 'Only when several operators or a generator write the same file at the same moment.',
    todo: 'Run the command again.',
    retriable: true,
  },
  FLAGS_MISSING: {
    happened: 'A command named a unit or a cohort that has no flag.',
    normal: 'Before the flags of a new unit are made, or after a typing mistake.',
    todo: 'Run `banyan flags create <unit>`, or use a unit that `banyan status` lists and a cohort of its ladder.',
  },
  FLAGS_DRIFTED: {
    happened: 'Flags are not as the plans need them. Nothing was changed.',
    normal: 'While somebody tries something in Unleash, or while a unit is killed.',
    todo: 'Look at each line of the list; it names what would bring the flag back.',
  },
  FLAGS_ADMIN_UNREACHABLE: {
    happened: 'Unleash was asked to show or change a flag and did not answer, or failed.',
    normal: 'While Unleash or its database is down. What the edges do is not affected.',
    todo: 'Bring Unleash back, then run the command again. `banyan kill` reaches the edges without it.',
    retriable: true,
  },
  FLAGS_ADMIN_REFUSED: {
    happened: 'Unleash did not accept the token with which a flag was to be shown or changed.',
    normal: 'When the token was revoked, or is a backend token: those only read.',
    todo: 'Set UNLEASH_ADMIN_TOKEN to a token of type admin, or a personal one that may edit the project.',
  },
  FLAGS_ADMIN_REJECTED: {
    happened: 'Unleash refused a change of a flag, or has no such project or environment.',
    normal: 'When a limit of the server is reached, or a change needs an approval there.',
    todo: 'Follow what Unleash says in the message.',
  },
  FLAGS_COHORT_UNKNOWN: {
    happened: 'A command named a cohort that is not defined in a form the toolkit can edit.',
    normal: 'When the cohort is defined by other strategies, or is everyone.',
    todo: 'Edit the flag where it is defined.',
  },
});
