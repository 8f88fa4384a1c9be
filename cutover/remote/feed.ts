import { randomUUID } from 'node:crypto';
import type { Express } from 'express';
import { z } from 'zod';
import { systemClock, waitUntil } from '../../shared/index.ts';
import { signalOfClose } from './http-api.ts';

/** Something others want to know as soon as it changes. */
export interface Feed<T> {
  /** Grows with every change. Cheap: asked every few milliseconds while somebody waits. */
  revision(): number;
  value(): T;
}

export interface FeedAnswer<T> {
  readonly version: string;
  /** How long this answer was held back, waiting for a change. */
  readonly heldMs: number;
  readonly value: T;
}

const LOOK_EVERY_MS = 5;
const question = z.object({
  after: z.string().optional(),
  holdMs: z.coerce.number().int().min(0).max(10_000).default(0),
});

/**
 * Serves a feed: a reader that already has the newest version is answered at the next change, or after `holdMs` with
 * what it has. Changes within a few milliseconds go out together. A version of another process is never the newest.
 */
export function serveFeed<T>(app: Express, path: string, feed: Feed<T>): void {
  const process = randomUUID();
  const version = (): string => `${process}-${feed.revision()}`;
  app.get(path, async (request, response) => {
    const { after, holdMs } = question.parse(request.query);
    const askedAt = systemClock.now();
    const signal = signalOfClose(response);
    await waitUntil(() => version() !== after, { budgetMs: holdMs, everyMs: LOOK_EVERY_MS, signal });
    const answer = { version: version(), heldMs: systemClock.now() - askedAt, value: feed.value() };
    response.json(answer satisfies FeedAnswer<T>);
  });
}
