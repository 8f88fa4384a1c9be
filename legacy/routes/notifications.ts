import { Router } from 'express';
import { one, rows, run, type Row } from '../db.ts';
import { idOf, limitOf, time } from '../format.ts';
import { userIdOf, type Fleet } from '../session.ts';

export function notificationsRoutes({ db }: Fleet): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const limit = limitOf(req.query['limit'], 20, 100);
    const sql = `SELECT * FROM notifications WHERE user_id = ? ORDER BY id DESC LIMIT ${limit}`;
    res.json({ notifications: (await rows(db, sql, [userIdOf(res)])).map(notificationJson) });
  });

  router.get('/unread', async (_req, res) => {
    const sql = 'SELECT COUNT(*) AS n FROM notifications WHERE user_id = ? AND is_read = 0';
    res.json({ unread: Number((await one(db, sql, [userIdOf(res)]))?.['n']) });
  });

  router.post('/:id/read', async (req, res) => {
    const sql = 'UPDATE notifications SET is_read = 1 WHERE id = ? AND user_id = ?';
    const done = await run(db, sql, [idOf(req.params.id), userIdOf(res)]);
    if (done.affectedRows === 0) res.status(404).json({ error: 'notification not found' });
    else res.status(204).end();
  });

  router.post('/read-all', async (_req, res) => {
    const done = await run(db, 'UPDATE notifications SET is_read = 1 WHERE user_id = ? AND is_read = 0', [
      userIdOf(res),
    ]);
    res.json({ read: done.affectedRows });
  });

  return router;
}

function notificationJson(row: Row): object {
  return {
    id: String(row['id']),
    kind: row['kind'],
    title: row['title'],
    body: row['body'],
    read: row['is_read'] === 1,
    createdAt: time(row['created_at']),
  };
}
