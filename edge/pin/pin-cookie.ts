import type { Side } from '../decide/unit-state.ts';
import { signText, verifiedText } from '../signed-text.ts';

const NAME = 'banyan_pin';
const LIFE_S = 86_400;
/** What the Path of a cookie can say and a browser sends back. */
const PLAIN = /^\/[\w\-.~%!$&'()*+,=:@/]*$/;

/**
 * Remembers in the browser which side gave a stream or a part of a document, for that path alone. Signed, so that
 * nobody makes one side go on where the other began.
 */
export class PinCookie {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  /** A `Set-Cookie` line, where the path can be said in one. */
  lineFor(side: Side, path: string): string | undefined {
    if (!PLAIN.test(path)) return undefined;
    const value = signText(this.#key, 'pin', `${side} ${path}`);
    return `${NAME}=${value}; Path=${path}; Max-Age=${LIFE_S}; HttpOnly; SameSite=Lax`;
  }

  /** Cookies of paths further up come along; only one for this very path counts. */
  sideIn(cookie: string | undefined, path: string): Side | undefined {
    if (cookie === undefined || !cookie.includes(`${NAME}=`)) return undefined;
    const values = cookie.split(';').map((pair) => pair.trim());
    const sides = values.flatMap((pair) => (pair.startsWith(`${NAME}=`) ? [this.#read(pair, path)] : []));
    return sides.find((side) => side !== undefined);
  }

  #read(pair: string, path: string): Side | undefined {
    const text = verifiedText(this.#key, 'pin', pair.slice(NAME.length + 1));
    if (text === `legacy ${path}`) return 'legacy';
    return text === `service ${path}` ? 'service' : undefined;
  }
}
