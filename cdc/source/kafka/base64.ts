const standard = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const urlSafe = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}(?:==)?|[A-Za-z0-9_-]{3}=?)?$/;
const hex = /^(?:[0-9a-fA-F]{2})*$/;

/** Undefined for anything but whole base64: a decoder that leaves letters out would change data silently. */
export function bytesOfBase64(text: string): Buffer | undefined {
  return standard.test(text) ? Buffer.from(text, 'base64') : undefined;
}

export function bytesOfBase64Url(text: string): Buffer | undefined {
  return urlSafe.test(text) ? Buffer.from(text, 'base64url') : undefined;
}

export function bytesOfHex(text: string): Buffer | undefined {
  return hex.test(text) ? Buffer.from(text, 'hex') : undefined;
}
