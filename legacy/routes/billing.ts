import { Router } from 'express';
import { one, rows, run, setting, type Row } from '../db.ts';
import { idOf, time } from '../format.ts';
import { userIdOf, type Fleet } from '../session.ts';

export function billingRoutes({ db }: Fleet): Router {
  const router = Router();

  router.get('/balance', async (_req, res) => {
    const sql = 'SELECT balance, currency FROM credit_accounts WHERE user_id = ?';
    const account = await one(db, sql, [userIdOf(res)]);
    res.json({ balance: account?.['balance'] ?? '0.00', currency: account?.['currency'] ?? 'EUR' });
  });

  router.get('/statement', async (_req, res) => {
    const user = userIdOf(res);
    const lines = await rows(
      db,
      `SELECT c.id, c.trip_id, c.kind, c.amount, c.currency, c.description, c.created_at, t.pickup_addr, t.dropoff_addr
         FROM charges c LEFT JOIN trips t ON t.id = c.trip_id
        WHERE c.user_id = ? ORDER BY c.id DESC LIMIT 50`,
      [user],
    );
    const open = await one(
      db,
      `SELECT COUNT(*) AS n, COALESCE(SUM(ROUND(t.fare * t.surge, 2)), 0.00) AS total
         FROM trips t LEFT JOIN charges c ON c.trip_id = t.id AND c.kind = 'trip'
        WHERE t.user_id = ? AND t.status = 'completed' AND t.deleted = 0 AND c.id IS NULL`,
      [user],
    );
    const account = await one(db, 'SELECT balance FROM credit_accounts WHERE user_id = ?', [user]);
    res.json({
      userId: user,
      balance: account?.['balance'] ?? '0.00',
      unbilled: { trips: Number(open?.['n']), total: open?.['total'] },
      lines: lines.map(lineJson),
    });
  });

  router.post('/topup', async (req, res) => {
    const amount = String(req.body?.amount);
    const least = Number(await setting(db, 'topup_min', '5'));
    if (!/^\d{1,6}\.\d\d$/.test(amount) || Number(amount) < least)
      return void res.status(400).json({ error: `amount must look like "12.50" and be at least ${least}` });
    // balance first, receipt second, no transaction: see INC-112
    await run(db, 'UPDATE credit_accounts SET balance = balance + ? WHERE user_id = ?', [amount, userIdOf(res)]);
    const made = await run(
      db,
      "INSERT INTO charges (user_id, kind, amount, description) VALUES (?, 'topup', ?, 'Top-up')",
      [userIdOf(res), amount],
    );
    res.status(201).json({ id: String(made.insertId), amount });
  });

  router.get('/charges/:id', async (req, res) => {
    const sql = 'SELECT * FROM charges WHERE id = ? AND user_id = ?';
    const row = await one(db, sql, [idOf(req.params.id), userIdOf(res)]);
    if (row) res.json(lineJson(row));
    else res.status(404).json({ error: 'charge not found' });
  });

  return router;
}

function lineJson(row: Row): object {
  return {
    id: String(row['id']),
    tripId: row['trip_id'] === null ? null : String(row['trip_id']),
    kind: row['kind'],
    amount: row['amount'],
    currency: row['currency'],
    description: row['description'],
    pickup: row['pickup_addr'] ?? null,
    dropoff: row['dropoff_addr'] ?? null,
    at: time(row['created_at']),
  };
}
