/** True when two number texts are the same number, exactly: 1.0 and 1, 1e2 and 100; never by way of a double. */
export function isSameNumber(left: string, right: string): boolean {
  const [a, b] = [decimalOf(left), decimalOf(right)];
  return a.digits === b.digits && (a.digits === '' || (a.exponent === b.exponent && a.isNegative === b.isNegative));
}

interface Decimal {
  readonly isNegative: boolean;
  /** Without zeros at either end; empty is zero. */
  readonly digits: string;
  /** Power of ten of the last digit. */
  readonly exponent: bigint;
}

/** Of a text that JSON calls a number. */
function decimalOf(text: string): Decimal {
  const [mantissa = '', power = '0'] = text.toLowerCase().split('e');
  const isNegative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = (isNegative ? mantissa.slice(1) : mantissa).split('.');
  const significant = (whole + fraction).replace(/^0+/, '');
  const digits = significant.replace(/0+$/, '');
  const exponent = BigInt(power.replace('+', '')) - BigInt(fraction.length - (significant.length - digits.length));
  return { isNegative, digits, exponent };
}

/** Whether the bytes of two ranges are the same. Short ones are not worth a call into the runtime. */
export function isSameRange(a: Buffer, aStart: number, b: Buffer, bStart: number, length: number): boolean {
  if (length > INLINE_BYTES) return a.compare(b, bStart, bStart + length, aStart, aStart + length) === 0;
  for (let i = 0; i < length; i++) if (a[aStart + i] !== b[bStart + i]) return false;
  return true;
}

const INLINE_BYTES = 64;
