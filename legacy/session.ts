import type { NextFunction, Request, Response } from 'express';
import { findCookie, readCookie } from './cookie.ts';
import { one, type Db, type Row } from './db.ts';

/** What every route file is handed. */
export interface Fleet {
  readonly db: Db;
  readonly secret: string;
}

/** Lets only logged-in people through; the row in `sessions` is what a logout takes away. */
export function loginRequired({ db, secret }: Fleet) {
  return async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const token = readCookie(findCookie(req.headers.cookie) ?? '', secret, Date.now());
    const user = token && (await sessionUser(db, token.sessionId, token.userId));
    if (!user) {
      res.status(401).json({ error: 'login required' });
      return;
    }
    res.locals['user'] = user;
    res.locals['sessionId'] = token.sessionId;
    next();
  };
}

export function operatorRequired(_req: Request, res: Response, next: NextFunction): void {
  if (currentUser(res)['role'] === 'rider') res.status(403).json({ error: 'operators only' });
  else next();
}

/** The row of the user behind this request. */
export function currentUser(res: Response): Row {
  return res.locals['user'] as Row;
}

export function userIdOf(res: Response): number {
  return Number(currentUser(res)['id']);
}

function sessionUser(db: Db, sessionId: string, userId: number): Promise<Row | undefined> {
  const sql = `SELECT u.id, u.email, u.name, u.phone, u.role, u.locale, u.preferences, u.newsletter, u.last_login_at
                 FROM sessions s JOIN users u ON u.id = s.user_id
                WHERE s.id = ? AND s.user_id = ? AND s.expires_at > NOW() AND u.deleted = 0`;
  return one(db, sql, [sessionId, userId]);
}
