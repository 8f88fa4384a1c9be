import type { ReadValue } from './decode.ts';

const bytesOfDigits = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

/**
 * DECIMAL is stored as groups of nine digits, big-endian, the sign bit flipped and negative numbers inverted, so that
 * bytes sort like numbers. Gives the exact text MariaDB prints.
 */
export function decodeDecimal(precision: number, scale: number): ReadValue {
  const before = groupsOf(precision - scale).toReversed();
  const after = groupsOf(scale);
  const size = decimalBytes(precision, scale);
  return (cursor) => {
    const start = cursor.at;
    cursor.at += size;
    const negative = ((cursor.bytes[start] ?? 0) & 0x80) === 0;
    const bytes = { from: cursor.bytes, start, at: start, mask: negative ? 0xff : 0 };
    const whole = before.map((digits) => readGroup(bytes, digits)).join('');
    const fraction = after.map((digits) => readGroup(bytes, digits)).join('');
    const number = trimZeros(whole) + (scale > 0 ? `.${fraction}` : '');
    return negative ? `-${number}` : number;
  };
}

/** How many bytes a value takes. */
export function decimalBytes(precision: number, scale: number): number {
  const groups = [...groupsOf(precision - scale), ...groupsOf(scale)];
  return groups.reduce((sum, digits) => sum + (bytesOfDigits[digits] ?? 0), 0);
}

/** Nine digits each, the rest last. */
function groupsOf(digits: number): number[] {
  const groups = Array.from({ length: Math.floor(digits / 9) }, () => 9);
  return digits % 9 === 0 ? groups : [...groups, digits % 9];
}

function readGroup(bytes: { from: Buffer; start: number; at: number; mask: number }, digits: number): string {
  let value = 0;
  for (let i = bytesOfDigits[digits] ?? 0; i > 0; i--) {
    const byte = (bytes.from[bytes.at] ?? 0) ^ bytes.mask ^ (bytes.at === bytes.start ? 0x80 : 0);
    value = value * 256 + byte;
    bytes.at += 1;
  }
  return String(value).padStart(digits, '0');
}

function trimZeros(digits: string): string {
  let from = 0;
  while (from < digits.length - 1 && digits[from] === '0') from += 1;
  return digits.slice(from) || '0';
}
