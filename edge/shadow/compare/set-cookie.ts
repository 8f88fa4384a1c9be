/** Cookies an answer sets, by name: their attributes in one order and one spelling. Values are sessions and are left out. */
export function readCookies(headers: readonly string[]): Map<string, string> {
  const cookies = new Map<string, string>();
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() !== 'set-cookie') continue;
    const [pair = '', ...attributes] = (headers[i + 1] ?? '').split(';');
    cookies.set(pair.split('=', 1)[0]?.trim() ?? '', attributesOf(pair, attributes));
  }
  return cookies;
}

/** A cookie that is taken away is told from one that is given; when it ends is a matter of the moment. */
function attributesOf(pair: string, attributes: readonly string[]): string {
  const value = pair.slice(pair.indexOf('=') + 1).trim();
  const lines = attributes.map((attribute) => {
    const [name = '', given] = attribute.split('=', 2).map((part) => part.trim());
    const key = name.toLowerCase();
    return given === undefined || key === 'expires' ? key : `${key}=${key === 'path' ? given : given.toLowerCase()}`;
  });
  return [value === '' ? 'empty' : 'filled', ...lines.toSorted()].join('; ');
}
