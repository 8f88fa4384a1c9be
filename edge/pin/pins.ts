import type { Side } from '../decide/unit-state.ts';
import type { CleanRequest } from '../hygiene/cleanse.ts';
import { sideOfRange } from './conditions.ts';
import { OriginMark } from './origin-mark.ts';
import { PinCookie } from './pin-cookie.ts';

/**
 * Keeps a client that goes on with something (a stream, a download) at the side that began it. Entity tags say it by
 * themselves; for the rest a cookie does, where there is a key to sign one with.
 */
export class Pins {
  readonly legacy: OriginMark;
  readonly service: OriginMark;
  readonly #cookie: PinCookie | undefined;

  constructor(key: string | undefined) {
    this.#cookie = key ? new PinCookie(key) : undefined;
    this.legacy = new OriginMark('legacy', this.#cookie);
    this.service = new OriginMark('service', this.#cookie);
  }

  /** The side that gave the beginning; undefined when the request goes on with nothing, or nobody knows. */
  beganAt({ headers, cookie, path }: Pick<CleanRequest, 'headers' | 'cookie' | 'path'>): Side | undefined {
    if (headers.value('last-event-id') === undefined && headers.value('range') === undefined) return undefined;
    return sideOfRange(headers) ?? this.#cookie?.sideIn(cookie, path);
  }
}
