/** Origin form of the target; of an absolute form only when its authority is the Host. */
export function originForm(url: string, host: string): string | undefined {
  if (url.charCodeAt(0) === 47) return url;
  const absolute = /^https?:\/\/([^/?#]+)(.*)$/i.exec(url);
  if (!absolute || absolute[1]?.toLowerCase() !== host.toLowerCase()) return undefined;
  const rest = absolute[2] ?? '';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Where query or fragment begin; -1 for neither. */
export function endOfPath(target: string): number {
  const query = target.indexOf('?');
  const fragment = target.indexOf('#');
  if (fragment < 0) return query;
  return query < 0 ? fragment : Math.min(query, fragment);
}

/** `%74` is `t` for everybody (RFC 3986 §6.2.2.2); reserved characters stay as they were written. */
export function decodeUnreserved(path: string): string {
  return path.replaceAll(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[a-z0-9._~-]/i.test(character) ? character : escape.toUpperCase();
  });
}

/** How an application that decodes before it splits, and merges slashes, would read the path. */
export function loosest(path: string): string | undefined {
  const other = path.replaceAll(/%2F|%5C/gi, '/').replaceAll(/\/{2,}/g, '/');
  return other === path ? undefined : other;
}
