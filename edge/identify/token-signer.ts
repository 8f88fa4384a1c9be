import { createHmac, type KeyObject, sign } from 'node:crypto';

/** Makes a JWT of claims, in place: an asynchronous signer would cost every first request of a user a turn of the loop. */
export interface TokenSigner {
  sign(claims: object): string;
}

/** With a secret that the services share. */
export class SecretSigner implements TokenSigner {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  sign(claims: object): string {
    const text = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims)}`;
    return `${text}.${createHmac('sha256', this.#secret).update(text).digest('base64url')}`;
  }
}

export const KEY_ALGORITHMS = ['EdDSA', 'ES256'] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

/** With a private key, which the services do not have. */
export class KeySigner implements TokenSigner {
  readonly #header: string;
  readonly #digest: string | null;
  readonly #key: KeyObject;

  constructor(kid: string, alg: KeyAlgorithm, key: KeyObject) {
    this.#header = base64url({ alg, kid, typ: 'JWT' });
    this.#digest = alg === 'ES256' ? 'sha256' : null;
    this.#key = key;
  }

  sign(claims: object): string {
    const text = `${this.#header}.${base64url(claims)}`;
    const signature = sign(this.#digest, Buffer.from(text), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  }
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
