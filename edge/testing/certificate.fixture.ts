import { generateKeyPairSync, sign } from 'node:crypto';

/** A certificate for localhost that signs itself, and its key; both PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

const OID = {
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  commonName: [0x55, 0x04, 0x03],
};
const TAG = { integer: 2, bits: 3, oid: 6, utf8: 12, sequence: 48, set: 49, time: 23 };

/** The least of X.509 (RFC 5280) that a TLS server needs; no key lies in the repository. */
export function createCertificate(commonName = 'localhost'): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(TAG.sequence, der(TAG.oid, Buffer.from(OID.ecdsaWithSha256)));
  const body = der(
    TAG.sequence,
    der(TAG.integer, Buffer.of(1)),
    algorithm,
    nameOf(commonName),
    der(TAG.sequence, time('250101000000Z'), time('490101000000Z')),
    nameOf(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(TAG.bits, Buffer.of(0), sign('sha256', body, privateKey));
  const cert = pem('CERTIFICATE', der(TAG.sequence, body, algorithm, signature));
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
}

function nameOf(commonName: string): Buffer {
  const value = der(TAG.utf8, Buffer.from(commonName));
  const attribute = der(TAG.sequence, der(TAG.oid, Buffer.from(OID.commonName)), value);
  return der(TAG.sequence, der(TAG.set, attribute));
}

function time(text: string): Buffer {
  return der(TAG.time, Buffer.from(text));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 128) return Buffer.of(length);
  return length < 256 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 255);
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
