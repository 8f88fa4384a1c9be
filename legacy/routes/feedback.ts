import { Router } from 'express';
import { one, rows, run, setting, type Row } from '../db.ts';
import { idOf, time } from '../format.ts';
import { userIdOf, type Fleet } from '../session.ts';

export function feedbackRoutes({ db }: Fleet): Router {
  const router = Router();

  router.get('/', async (_req, res) => {
    const sql = 'SELECT * FROM feedback WHERE user_id = ? ORDER BY id DESC LIMIT 50';
    res.json({ feedback: (await rows(db, sql, [userIdOf(res)])).map(feedbackJson) });
  });

  router.get('/:id', async (req, res) => {
    const sql = 'SELECT * FROM feedback WHERE id = ? AND user_id = ?';
    const row = await one(db, sql, [idOf(req.params.id), userIdOf(res)]);
    if (row) res.json(feedbackJson(row));
    else res.status(404).json({ error: 'feedback not found' });
  });

  // The trip is not looked up: support wants the complaint even when the app sent a wrong number.
  router.post('/', async (req, res) => {
    const { tripId, rating, comment } = req.body ?? {};
    if (!Number.isInteger(rating) || rating < 1 || rating > 5)
      return void res.status(400).json({ error: 'rating must be 1 to 5' });
    const max = Number(await setting(db, 'feedback_max', '4000'));
    const made = await run(db, 'INSERT INTO feedback (user_id, trip_id, rating, comment) VALUES (?, ?, ?, ?)', [
      userIdOf(res),
      tripId === undefined || tripId === null ? null : idOf(tripId),
      rating,
      typeof comment === 'string' ? comment.slice(0, max) : null,
    ]);
    res.status(201).json({ id: String(made.insertId) });
  });

  return router;
}

function feedbackJson(row: Row): object {
  return {
    id: String(row['id']),
    tripId: row['trip_id'] === null ? null : String(row['trip_id']),
    rating: row['rating'],
    comment: row['comment'],
    status: row['status'],
    createdAt: time(row['created_at']),
  };
}
