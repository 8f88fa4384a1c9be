/** Text as it goes over the wire, in latin1. A line break is CRLF, ␊ a bare LF, ␍ a bare CR and ␀ a NUL. */
export function bytes(text: string): Buffer {
  const wire = text.replaceAll('\n', '\r\n').replaceAll('␊', '\n').replaceAll('␍', '\r').replaceAll('␀', '\0');
  return Buffer.from(wire, 'latin1');
}
