import { createHmac, timingSafeEqual } from 'node:crypto';

export const COOKIE = 'fleet_session';

export interface SessionToken {
  readonly userId: number;
  readonly sessionId: string;
  /** Seconds since 1970. */
  readonly expires: number;
}

/** `<userId>.<sessionId>.<expires>.<base64url(hmac-sha256)>`. Home-grown, and by now half the company parses it. */
export function signCookie(token: SessionToken, secret: string): string {
  const text = `${token.userId}.${token.sessionId}.${token.expires}`;
  return `${text}.${signature(text, secret)}`;
}

/** The token of a value whose signature holds and whose time is not over; anything else is nobody. */
export function readCookie(value: string, secret: string, nowMs: number): SessionToken | undefined {
  const match = /^((\d{1,10})\.([0-9a-f]{32})\.(\d{1,12}))\.([\w-]{43})$/.exec(value);
  if (!match) return undefined;
  const [, text = '', userId, sessionId = '', expires, given = ''] = match;
  if (!timingSafeEqual(Buffer.from(signature(text, secret)), Buffer.from(given))) return undefined;
  if (Number(expires) * 1000 <= nowMs) return undefined;
  return { userId: Number(userId), sessionId, expires: Number(expires) };
}

/** The session value out of a Cookie header. */
export function findCookie(header: string | undefined): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === COOKIE) return value;
  }
  return undefined;
}

function signature(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}
