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
  readonly status?: number;
  readonly sqlState?: string;
  readonly code?: string;
}

/** TypeORM wraps the driver's error; Express and its parsers put the status on theirs. */
function factsOf(error: unknown): Facts {
  const { driverError, ...facts } = (error ?? {}) as Facts & { driverError?: Facts };
  return { ...facts, ...driverError };
}
