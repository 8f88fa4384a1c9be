/** Undefined for anything but whole base64: a decoder that leaves letters out would change data silently. */
export function bytesOfBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** With or without padding. */
export function bytesOfBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  const letters = bytes.toString('base64url');
  return text.startsWith(letters) && ['', '=', '=='].includes(text.slice(letters.length)) ? bytes : undefined;
}

export function bytesOfHex(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'hex');
  return bytes.toString('hex') === text.toLowerCase() ? bytes : undefined;
}
