import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Subject } from '../../flags/index.ts';
import { BoundedMap } from './bounded-map.ts';
import { cookieValue } from './cookie.ts';
import { ownCopy } from './own-copy.ts';

export interface VisitorOptions {
  readonly cookie: string;
  /** False only where the public address is not https. */
  readonly secure?: boolean | undefined;
}

/** Whose side counts on this device, and since when it is known. */
export interface Acquaintance {
  /** The visitor themselves, or the user or tenant who logged in here last. */
  readonly subject: Subject;
  readonly sinceS: number;
}

/** Of a value; ours are shorter. */
const LONGEST = 1_024;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** As long as browsers keep any cookie. */
const LIFE_S = 400 * 86_400;

/**
 * The first-party cookie that recognises a device. Sealed, not only signed: it may name who logged in last, which is
 * nobody's business on a shared computer.
 */
export class VisitorCookie {
  readonly name: string;
  readonly #attributes: string;
  readonly #key: Uint8Array;
  readonly #opened: BoundedMap<string, Acquaintance | 'forged'>;

  constructor({ cookie, secure = true }: VisitorOptions, edgeKey: string, memory: number) {
    this.name = cookie;
    this.#attributes = `Path=/; Max-Age=${LIFE_S}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
    this.#key = new Uint8Array(hkdfSync('sha256', edgeKey, '', 'banyan visitor', 32));
    this.#opened = new BoundedMap(memory);
  }

  /** What the cookie of a request says; nothing when there is none, or a forged one. */
  read(line: string | undefined): Acquaintance | undefined {
    const value = line?.includes(`${this.name}=`) ? cookieValue(line, this.name) : undefined;
    if (value === undefined) return undefined;
    const known = this.#opened.get(value) ?? this.#remember(value);
    return known === 'forged' ? undefined : known;
  }

  /** The value of a `Set-Cookie`. */
  lineFor(acquaintance: Acquaintance): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    const sealed = [iv, cipher.update(JSON.stringify(acquaintance)), cipher.final(), cipher.getAuthTag()];
    return `${this.name}=${Buffer.concat(sealed).toString('base64url')}; ${this.#attributes}`;
  }

  #remember(value: string): Acquaintance | 'forged' {
    const opened = this.#open(value) ?? 'forged';
    if (value.length <= LONGEST) this.#opened.set(ownCopy(value), opened);
    return opened;
  }

  #open(value: string): Acquaintance | undefined {
    const bytes = Buffer.from(value, 'base64url');
    if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, IV_BYTES));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      return JSON.parse(text) as Acquaintance;
    } catch {
      return undefined; // Not sealed by us.
    }
  }
}
