import type { OriginReferences } from './origin-references.ts';

const REFRESH = /^(\s*\d+(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?)(["']?)([^"']*)\2\s*$/i;

/** How each header names other addresses: its value with them moved, or undefined when none names the target. */
const headers: Readonly<Record<string, (value: string, move: Move) => string | undefined>> = {
  location: (value, move) => move(value),
  'content-location': (value, move) => move(value),
  refresh: (value, move) => {
    const [, before = '', quote = '', url] = REFRESH.exec(value) ?? [];
    const moved = url === undefined ? undefined : move(url);
    return moved === undefined ? undefined : `${before}${quote}${moved}${quote}`;
  },
  link: (value, move) => {
    const moved = value.replaceAll(/<([^>]*)>/g, (whole, url: string) =>
      url === '' ? whole : `<${move(url) ?? url}>`,
    );
    return moved === value ? undefined : moved;
  },
};

type Move = (reference: string) => string | undefined;

/** By lower-case name; undefined when the header names no address, or not the target's. */
export function movedHeader(
  name: string,
  value: string,
  references: OriginReferences,
  publicOrigin: string,
): string | undefined {
  return headers[name]?.(value, (reference) => references.moved(reference.trim(), publicOrigin));
}
