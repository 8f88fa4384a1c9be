import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';

/** A body without its content codings, or why there is none. */
export type DecodedBody = { readonly body: Buffer } | { readonly fault: 'encoding' | 'too-large' };

type Decoder = (body: Buffer, options: { readonly maxOutputLength: number }) => Buffer;

const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
  deflate: inflateEither,
  identity: (body) => body,
};

/** Nobody needs more; each may cost as much as the whole answer. */
const MOST_CODINGS = 3;

/** Undoes the codings of Content-Encoding, the last one first, up to a size. */
export function decodeBody(body: Buffer, codings: string | undefined, maxBytes: number): DecodedBody {
  let decoded = body;
  const names = (codings ?? '').toLowerCase().split(',');
  if (names.length > MOST_CODINGS) return { fault: 'encoding' };
  for (const coding of names.toReversed()) {
    const decoder = DECODERS[coding.trim() || 'identity'];
    if (!decoder) return { fault: 'encoding' };
    try {
      decoded = decoder(decoded, { maxOutputLength: maxBytes });
    } catch (error) {
      return { fault: isTooLarge(error) ? 'too-large' : 'encoding' };
    }
  }
  return decoded.length > maxBytes ? { fault: 'too-large' } : { body: decoded };
}

/** Servers send deflate with the zlib wrapper that RFC 9110 asks for, and without it. */
function inflateEither(body: Buffer, options: { readonly maxOutputLength: number }): Buffer {
  const isWrapped = body.length > 1 && ((body[0] ?? 0) & 15) === 8 && body.readUInt16BE(0) % 31 === 0;
  return isWrapped ? inflateSync(body, options) : inflateRawSync(body, options);
}

function isTooLarge(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
}

/** The text in UTF-8; undefined when the bytes are not of their charset, or nobody knows it. A mark at the front goes. */
export function toUtf8(body: Buffer, charset: string | undefined): Buffer | undefined {
  try {
    const text = new TextDecoder(charset ?? 'utf-8', { fatal: true }).decode(body);
    return Buffer.from(text);
  } catch {
    return undefined;
  }
}
