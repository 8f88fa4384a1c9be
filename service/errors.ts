import { declareErrors } from '../shared/index.ts';

export const serviceErrors = declareErrors({
  SERVICE_DRY_RUN_REFUSED: {
    happened: 'A handler did in a dry run what cannot be rolled back. It was not done; the handler got this error.',
    normal: 'When a handler commits by itself, changes tables, calls a procedure, or goes on after its answer.',
    todo: 'Take the route out of the shadow of writes, or let its handler use transactions of TypeORM only.',
  },
  SERVICE_DRY_RUN_UNAVAILABLE: {
    happened: 'A dry run could not begin, or its transaction was gone before it was rolled back. Nothing was written.',
    normal: 'While the database is away, or when all connections for dry runs are busy.',
    todo: 'Look at the database; allow more connections for dry runs.',
    retriable: true,
  },
});
