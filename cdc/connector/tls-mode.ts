export type SourceKind = 'mariadb' | 'mysql';

/**
 * `database.ssl.mode` for what the URL's `ssl` parameter says, read as mysql2 reads it: a TLS connection whose
 * certificate is checked, unless `rejectUnauthorized` is false; none without the parameter.
 */
export function tlsMode(kind: SourceKind, ssl: string | null): string {
  const modes = kind === 'mariadb' ? MARIADB : MYSQL;
  if (ssl === null) return modes.plain;
  return /"rejectUnauthorized"\s*:\s*false/.test(ssl) ? modes.unchecked : modes.checked;
}

const MARIADB = { plain: 'disable', unchecked: 'trust', checked: 'verify-full' };
/** MySQL 8 takes a password without TLS only from an account that used it before, so TLS is taken where offered. */
const MYSQL = { plain: 'preferred', unchecked: 'required', checked: 'verify_identity' };
