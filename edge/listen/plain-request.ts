import type { WholeRequest } from '../client.ts';
import { HeaderLines } from '../hygiene/header-lines.ts';
import type { PlainHead } from './plain-head.ts';

/** A request of the common kind, all of it here. */
export class PlainRequest implements WholeRequest {
  readonly head: PlainHead;
  readonly wholeBody: Buffer | undefined;
  readonly socket: WholeRequest['socket'];
  #rawHeaders: readonly string[] | undefined;

  constructor(head: PlainHead, wholeBody: Buffer | undefined, socket: WholeRequest['socket']) {
    this.head = head;
    this.wholeBody = wholeBody;
    this.socket = socket;
  }

  get method(): string {
    return this.head.method;
  }

  get url(): string {
    return this.head.url;
  }

  get rawHeaders(): readonly string[] {
    const { lines } = this.head;
    return (this.#rawHeaders ??= HeaderLines.ofText(lines.slice(lines.indexOf('\n') + 1)).list);
  }
}
