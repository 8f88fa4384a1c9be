import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

/** An issuer of tokens that publishes its keys over HTTP. */
export interface Issuer {
  readonly jwks: string;
  /** How often the keys were asked for. */
  readonly fetches: () => number;
  /** The published keys, to be confused with secrets. */
  readonly published: () => readonly JWK[];
  /** What it answers from now on; 200 with the keys unless said otherwise. */
  answerWith(status: number): void;
  /** Signs with a new key from now on; the old ones stay published. */
  rotate(kid: string): Promise<void>;
  sign(claims: JWTPayload, how?: { kid?: string; expiresAtS?: number }): Promise<string>;
  close(): Promise<void>;
}

export const ISSUER = 'https://login.example';
export const AUDIENCE = 'fleet';

export async function openIssuer(alg = 'ES256'): Promise<Issuer> {
  const keys: JWK[] = [];
  let fetches = 0;
  let status = 200;
  let current: { kid: string; key: CryptoKey } | undefined;
  const rotate = async (kid: string): Promise<void> => {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    keys.push({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' });
    current = { kid, key: privateKey };
  };
  await rotate('first');
  const server = createServer((_request, response) => {
    fetches++;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    jwks: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    fetches: () => fetches,
    published: () => keys,
    answerWith: (next) => void (status = next),
    rotate,
    sign: async (claims, { kid, expiresAtS } = {}) => {
      if (!current) throw new Error('no key yet');
      return new SignJWT({ iss: ISSUER, aud: AUDIENCE, ...claims })
        .setProtectedHeader({ alg, kid: kid ?? current.kid })
        .setExpirationTime(expiresAtS ?? Math.floor(Date.now() / 1000) + 600)
        .sign(current.key);
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
