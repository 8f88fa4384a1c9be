import { createHash, randomBytes } from 'node:crypto';
import { Router, type Response } from 'express';
import { COOKIE, signCookie } from '../cookie.ts';
import { one, rows, run, setting, type Row } from '../db.ts';
import { idOf, json, limitOf, textOf, time } from '../format.ts';
import { currentUser, loginRequired, operatorRequired, userIdOf, type Fleet } from '../session.ts';

export function usersRoutes(fleet: Fleet): Router {
  const { db } = fleet;
  const router = Router();

  router.post('/login', async (req, res) => {
    const { email, password } = req.body ?? {};
    const user = await one(db, 'SELECT id, salt, password_md5 FROM users WHERE email = ? AND deleted = 0', [
      String(email),
    ]);
    if (!user || md5(`${user['salt']}${password}`) !== user['password_md5'])
      return void res.status(401).json({ error: 'wrong email or password' });
    await openSession(fleet, res, Number(user['id']), req.get('user-agent') ?? null);
    res.json({ userId: user['id'] });
  });

  router.use(loginRequired(fleet));

  router.post('/logout', async (_req, res) => {
    await run(db, 'DELETE FROM sessions WHERE id = ?', [res.locals['sessionId']]);
    res.clearCookie(COOKIE, { path: '/' });
    res.status(204).end();
  });

  router.get('/me', (_req, res) => {
    res.json(userJson(currentUser(res)));
  });

  router.patch('/me', async (req, res) => {
    const { name, phone, newsletter, preferences } = req.body ?? {};
    const change: Record<string, unknown> = {};
    if (typeof name === 'string' && name !== '') change['name'] = name;
    if (phone !== undefined) change['phone'] = phone;
    if (newsletter !== undefined) change['newsletter'] = newsletter ? 1 : 0;
    if (preferences !== undefined) change['preferences'] = JSON.stringify(preferences);
    if (Object.keys(change).length === 0) return void res.status(400).json({ error: 'nothing to change' });
    await run(db, 'UPDATE users SET ? WHERE id = ?', [change, userIdOf(res)]);
    const user = await one(db, 'SELECT * FROM users WHERE id = ?', [userIdOf(res)]);
    res.json(userJson(user!));
  });

  router.get('/me/summary', async (_req, res) => {
    const sql = `SELECT u.id, c.balance,
        (SELECT COUNT(*) FROM trips t WHERE t.user_id = u.id AND t.deleted = 0) AS trips, l.id AS last_id, l.note
      FROM users u
      LEFT JOIN credit_accounts c ON c.user_id = u.id
      LEFT JOIN trips l ON l.id = (SELECT MAX(t.id) FROM trips t WHERE t.user_id = u.id AND t.deleted = 0)
      WHERE u.id = ?`;
    const row = await one(db, sql, [userIdOf(res)]);
    res.json({
      userId: row!['id'],
      trips: Number(row!['trips']),
      lastTripId: row!['last_id'] === null ? null : String(row!['last_id']),
      lastTripNote: row!['note'],
      credit: row!['balance'] ?? '0.00',
    });
  });

  router.get('/', operatorRequired, async (req, res) => {
    const like = `${textOf(req.query['q']).replaceAll(/[%_\\]/g, '\\$&')}%`;
    const sql = `SELECT * FROM users WHERE deleted = 0 AND email LIKE ? ORDER BY id LIMIT ${limitOf(req.query['limit'], 50, 200)}`;
    res.json({ users: (await rows(db, sql, [like])).map(userJson) });
  });

  router.get('/:id', operatorRequired, async (req, res) => {
    const user = await one(db, 'SELECT * FROM users WHERE id = ? AND deleted = 0', [idOf(req.params['id'])]);
    if (user) res.json(userJson(user));
    else res.status(404).json({ error: 'user not found' });
  });

  return router;
}

async function openSession({ db, secret }: Fleet, res: Response, userId: number, agent: string | null): Promise<void> {
  const days = Number(await setting(db, 'session_days', '14'));
  const expires = Math.floor(Date.now() / 1000) + days * 86_400;
  const sessionId = randomBytes(16).toString('hex');
  await run(db, 'INSERT INTO sessions (id, user_id, user_agent, expires_at) VALUES (?, ?, ?, FROM_UNIXTIME(?))', [
    sessionId,
    userId,
    agent?.slice(0, 255),
    expires,
  ]);
  await run(db, 'UPDATE users SET last_login_at = NOW() WHERE id = ?', [userId]);
  res.append('Set-Cookie', `${COOKIE}=${signCookie({ userId, sessionId, expires }, secret)}; Path=/; HttpOnly`);
}

function userJson(row: Row): object {
  return {
    id: row['id'],
    email: row['email'],
    name: row['name'],
    phone: row['phone'],
    role: row['role'],
    locale: row['locale'],
    newsletter: row['newsletter'] === 1,
    preferences: json(row['preferences']),
    lastLoginAt: time(row['last_login_at']),
  };
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
