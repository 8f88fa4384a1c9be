import type { Row } from '../change-event.ts';
import { maskValue } from '../tables/canonical.ts';

/** Numbers identify a row and say nothing about a person; a text key may be an address. */
export function maskKey(key: Row): Record<string, string> {
  const shown = Object.entries(key).map(([name, value]) => {
    const isNumber = typeof value === 'number' || (typeof value === 'string' && /^-?\d{1,20}$/.test(value));
    return [name, isNumber ? String(value) : maskValue(value)];
  });
  return Object.fromEntries(shown) as Record<string, string>;
}
