import { bytesOfBase64, bytesOfBase64Url, bytesOfHex } from './base64.ts';
import { plainReader, type ColumnReader, type ConnectorSettings, type ReaderContext } from './column-reader.ts';

const decoders: Readonly<Record<ConnectorSettings['binary'], (text: string) => Buffer | undefined>> = {
  bytes: bytesOfBase64,
  base64: bytesOfBase64,
  'base64-url-safe': bytesOfBase64Url,
  hex: bytesOfHex,
};
const PLACEHOLDER = Buffer.from('__debezium_unavailable_value');

/** BINARY, VARBINARY and BLOB. BINARY(n) is n bytes long whatever the message left out at its end. */
export function bytesReader({ type, settings, doubt }: ReaderContext): ColumnReader {
  const decode = decoders[settings.binary];
  const length = type.base === 'binary' ? (type.sizes[0] ?? 1) : 0;
  return plainReader(({ kind, text }) => {
    const bytes = kind === 'string' ? decode(text) : undefined;
    if (!bytes) return undefined;
    if (bytes.equals(PLACEHOLDER)) doubt('came as a placeholder: the connector did not have its value');
    if (length === 0 || bytes.length === length) return bytes;
    return bytes.length < length ? Buffer.concat([bytes], length) : undefined;
  });
}

/** BIT(1) is a boolean; a wider one is bytes, the lowest first, of which the canonical form is the reverse. */
export function bitReader({ type }: ReaderContext): ColumnReader {
  const bits = type.sizes[0] ?? 1;
  const size = (bits + 7) >> 3;
  return plainReader(({ kind, text }) => {
    if (bits === 1 && (kind === 'true' || kind === 'false')) return Buffer.from([Number(kind === 'true')]);
    const bytes = kind === 'string' ? bytesOfBase64(text) : undefined;
    if (!bytes || bytes.subarray(size).some((byte) => byte !== 0)) return undefined;
    return Buffer.from(Buffer.concat([bytes], size).toReversed());
  });
}
