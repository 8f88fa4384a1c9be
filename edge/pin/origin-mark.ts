import type { Side } from '../decide/unit-state.ts';
import type { Head } from '../forward/answer-head.ts';
import { withMarkedTag } from './entity-tag.ts';
import type { PinCookie } from './pin-cookie.ts';

/** Marks what a client may go on from later with the side it came from. */
export class OriginMark {
  readonly #side: Side;
  readonly #cookie: PinCookie | undefined;

  constructor(side: Side, cookie: PinCookie | undefined) {
    this.#side = side;
    this.#cookie = cookie;
  }

  mark(head: Head, path: string): Head {
    const isMarked = head.hasEntityTag && this.#side === 'service';
    const continues = head.isEventStream || head.status === 206;
    if (!isMarked && !continues) return head;
    const headers = isMarked ? withMarkedTag(head.headers) : head.headers;
    const line = continues ? this.#cookie?.lineFor(this.#side, path) : undefined;
    return { ...head, headers: line === undefined ? headers : headers.and('Set-Cookie', line) };
  }
}
