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
  FLAGS_COHORT_UNKNOWN: {
    happened: 'A command named a cohort that the flag file does not hold in a form the toolkit can edit.',
    normal: 'When the cohort is defined by other strategies, or is everyone.',
    todo: 'Edit the flag where it is defined.',
  },
});
