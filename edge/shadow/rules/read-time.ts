const ISO_WITHOUT_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/;
const MILLISECONDS_FROM = 1e11;

/** Milliseconds since 1970 of a date or a number of seconds or milliseconds; undefined when it is none. */
export function readTime(text: string): number | undefined {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(number)) return Math.abs(number) < MILLISECONDS_FROM ? number * 1000 : number;
  const at = Date.parse(ISO_WITHOUT_ZONE.test(text) ? `${text.replace(' ', 'T')}Z` : text);
  return Number.isNaN(at) ? undefined : at;
}
