/** A header's value in a flat list, or undefined. `name` in lower case. */
export function headerValue(headers: readonly string[], name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const given = headers[i] ?? '';
    if (given.length === name.length && given.toLowerCase() === name) return headers[i + 1];
  }
  return undefined;
}
