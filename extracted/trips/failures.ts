import type { Log } from '../../shared/index.ts';
import type { ErrorRequestHandler, Response } from 'express';

/** SQLSTATE of a trigger's SIGNAL: the fence refused the write, because the rows belong to legacy (again). */
const REFUSED_BY_FENCE = '45000';

/** The last stop of every error. The fence's refusal is an answer: whoever waits a moment is routed to the owner. */
export function answerFailure(log: Log): ErrorRequestHandler {
  return (error: unknown, req, res, _next) => {
    const { status, sqlState, code } = factsOf(error);
    if (status !== undefined && status < 500) return void res.status(status).json({ error: 'bad request' });
    if (sqlState === REFUSED_BY_FENCE) return refuseAsNotOwner(res);
    // the message of a database error quotes values of the row, so only its codes are logged
    log.error({ method: req.method, code, sqlState }, (sqlState ?? code) ? 'a query failed' : 'a request failed');
    res.status(500).json({ error: sqlState || code ? 'database error' : 'internal error' });
  };
}

function refuseAsNotOwner(res: Response): void {
  res.status(503).set('Retry-After', '1').json({ error: 'not the owner of trips' });
}

interface Facts {
  readonly status: number | undefined;
  readonly sqlState: string | undefined;
  readonly code: string | undefined;
}

/**
 * TypeORM wraps the driver's error; Express and its parsers put the status on theirs. Read one by one: some of these
 * are inherited, and a spread would lose them.
 */
function factsOf(error: unknown): Facts {
  const { status, driverError } = (error ?? {}) as Facts & { driverError?: Facts };
  const { sqlState, code } = driverError ?? ((error ?? {}) as Facts);
  return { status, sqlState, code };
}
