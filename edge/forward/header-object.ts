/** A flat header list as an object; what repeats becomes an array. The order of different names is lost. */
export function toObject(headers: readonly string[]): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {};
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    const known = object[name];
    const value = headers[i + 1] ?? '';
    object[name] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
  }
  return object;
}
