import { Router, type Request, type Response } from 'express';
import type { DataSource } from 'typeorm';
import { fetch as callOthers } from 'undici';

export const RECEIPT = 'https://mail.example/v1/receipts/{id}';

const DONE = "UPDATE trip SET state = 'completed', finished_at = NOW(), updated_at = NOW(3) WHERE id = :id";
const FARE = 'UPDATE trip_fare SET amount_minor = 1250 WHERE trip_id = :id';

/** What a wrong `complete` writes in place of the right one. */
const STATEMENTS: Readonly<Record<string, readonly string[]>> = {
  'a lost secondary write': [DONE],
  'wrong rounding of a write': [DONE, FARE.replace('1250', '1249')],
  'an additional row': [DONE, FARE, "INSERT INTO trip_fare VALUES (:id + 1000000, 0, 100, 'EUR')"],
};
const RECEIPTS: Readonly<Record<string, number>> = { 'a lost notification': 0, 'a duplicate notification': 2 };

/**
 * To be put in front of the trips service: a receipt for each completed trip, as legacy's billing sends it, and what is
 * wrong with writes. `has` tells which mistakes are made now.
 */
export function writeDefects(database: DataSource, has: (defect: string) => boolean): Router {
  const router = Router();
  router.post('/api/trips/:id/complete', async (req, res, next) => {
    if (!(await complete(database, has, req, res))) next();
  });
  router.delete('/api/trips/:id', (_req, res, next) => void (has('a refusal') ? res.status(404).end() : next()));
  return router;
}

/** True when it has answered itself. */
async function complete(
  database: DataSource,
  has: (defect: string) => boolean,
  { params }: Request,
  res: Response,
): Promise<boolean> {
  const id = String(params['id']);
  const receipts = Object.entries(RECEIPTS).find(([name]) => has(name))?.[1] ?? 1;
  for (let i = 0; i < receipts; i++) await callOthers(RECEIPT.replace('{id}', id), { method: 'POST', body: '{}' });
  const statements = Object.entries(STATEMENTS).find(([name]) => has(name))?.[1];
  for (const sql of statements ?? []) await database.query(sql.replace(':id', id));
  if (statements) res.json({});
  return statements !== undefined;
}
