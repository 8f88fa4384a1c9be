import { readFile } from 'node:fs/promises';
import { messageOf, WatchedFile, type Clock, type Log } from '../../shared/index.ts';
import { parseIdentityKeys, type IdentityJwk, type ReadKey } from './identity-key-file.ts';
import { KeySigner, type TokenSigner } from './token-signer.ts';

export interface IdentityKeysOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
}

interface Keys {
  readonly published: readonly object[];
  /** Oldest first. */
  readonly signers: readonly { readonly fromMs: number; readonly signer: TokenSigner }[];
}

/**
 * The private keys of the edges, out of a file that is watched. All are published; the newest whose time has come signs.
 * So services know a key before they see it, and one that was seen for as long as its tokens live.
 */
export class IdentityKeys implements TokenSigner {
  readonly #options: IdentityKeysOptions;
  readonly #file: WatchedFile;
  #keys: Keys = { published: [], signers: [] };
  #seen: string | undefined;

  constructor(options: IdentityKeysOptions) {
    this.#options = options;
    this.#file = new WatchedFile(options.file, (text) => this.#take(text));
  }

  /** Throws when there are no keys to begin with. Later a file that cannot be read changes nothing. */
  async start(): Promise<void> {
    const { file } = this.#options;
    const text = await readFile(file, 'utf8').catch(() => '');
    this.#seen = text;
    this.#keys = keysOf(parseIdentityKeys(text, file));
    await this.#file.start();
  }

  async stop(): Promise<void> {
    await this.#file.stop();
  }

  /** What services verify with: a JWK Set. */
  get published(): { readonly keys: readonly object[] } {
    return { keys: this.#keys.published };
  }

  sign(claims: object): string {
    const nowMs = this.#options.clock.now();
    const { signers } = this.#keys;
    const current = signers.findLast(({ fromMs }) => fromMs <= nowMs) ?? signers[0];
    if (!current) throw new TypeError('identity keys were not started');
    return current.signer.sign(claims);
  }

  #take(text: string | undefined): void {
    if (text === this.#seen) return;
    this.#seen = text;
    const { file, log } = this.#options;
    try {
      this.#keys = keysOf(parseIdentityKeys(text ?? '', file));
      log.warn({ file, keys: this.#keys.published.length }, 'identity keys were read anew');
    } catch (error) {
      log.error({ file, problem: messageOf(error) }, 'identity keys refused, the last good ones stay');
    }
  }
}

function keysOf(read: readonly ReadKey[]): Keys {
  return {
    published: read.map(({ jwk }) => publicPart(jwk)),
    signers: read.map(({ jwk: { kid, alg, from }, key }) => {
      return { fromMs: Date.parse(from), signer: new KeySigner(kid, alg, key) };
    }),
  };
}

function publicPart({ kid, alg, kty, crv, x, y }: IdentityJwk): object {
  return { kid, alg, kty, crv, x, ...(y === undefined ? {} : { y }), use: 'sig' };
}
