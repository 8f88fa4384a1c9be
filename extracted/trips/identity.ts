import type { Clock } from '../../shared/index.ts';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { jwtVerify } from 'jose';

/** Turns the edge's identity token into the rider it speaks for, or undefined for anything it cannot verify. */
export type VerifyIdentity = (token: string | undefined) => Promise<number | undefined>;

interface Known {
  readonly riderId: number;
  readonly untilMs: number;
}

/**
 * Verifies HS256 tokens addressed to this service. A verification costs a quarter of a millisecond and the edge sends
 * the same token for many requests, so verified ones are remembered until they expire: `maxKnown` at most, oldest out.
 */
export function createIdentityVerifier(o: { key: string; clock: Clock; maxKnown?: number }): VerifyIdentity {
  const { clock, maxKnown = 10_000 } = o;
  const key = new TextEncoder().encode(o.key);
  const known = new Map<string, Known>();
  return async (token) => {
    if (token === undefined || token === '') return undefined;
    const seen = known.get(token);
    if (seen && seen.untilMs > clock.now()) return seen.riderId;
    known.delete(token);
    const fresh = await verifyToken(token, key, clock.now());
    if (!fresh) return undefined;
    if (known.size >= maxKnown) known.delete(known.keys().next().value ?? '');
    known.set(token, fresh);
    return fresh.riderId;
  };
}

async function verifyToken(token: string, key: Uint8Array, nowMs: number): Promise<Known | undefined> {
  try {
    const options = { algorithms: ['HS256'], audience: 'trips', requiredClaims: ['sub', 'exp'] };
    const { payload } = await jwtVerify(token, key, { ...options, currentDate: new Date(nowMs) });
    const isRider = /^[1-9]\d{0,9}$/.test(payload.sub ?? '');
    return isRider ? { riderId: Number(payload.sub), untilMs: Number(payload.exp) * 1000 } : undefined;
  } catch {
    // whatever is wrong with it: a token that does not verify is nobody
    return undefined;
  }
}

/** Lets only verified riders through. */
export function loginRequired(verify: VerifyIdentity): RequestHandler {
  return async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const riderId = await verify(req.headers['x-banyan-identity']?.toString());
    if (riderId === undefined) {
      res.status(401).json({ error: 'login required' });
      return;
    }
    res.locals['riderId'] = riderId;
    next();
  };
}

/** The rider behind this request. */
export function riderIdOf(res: Response): number {
  return res.locals['riderId'] as number;
}
