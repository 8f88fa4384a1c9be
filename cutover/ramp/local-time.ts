/** A moment as the clock on a wall shows it. */
export interface LocalTime {
  /** `2026-11-21`. */
  readonly date: string;
  /** Since midnight. */
  readonly minutes: number;
}

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** `timeZone` is an IANA name, such as Europe/Berlin. */
export function localTime(ms: number, timeZone: string): LocalTime {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  );
  const date = `${parts['year']}-${parts['month']}-${parts['day']}`;
  return { date, minutes: Number(parts['hour']) * 60 + Number(parts['minute']) };
}

/** When a clock there shows this. Of an hour that comes twice the first; an hour that is skipped counts from its end. */
export function instantOf({ date, minutes }: LocalTime, timeZone: string): number {
  const asIfUtc = Date.parse(`${date}T00:00:00Z`) + minutes * 60_000;
  const offsets = [asIfUtc - DAY_MS, asIfUtc + DAY_MS].map((ms) => offsetAt(ms, timeZone));
  const candidates = offsets.map((offset) => asIfUtc - offset);
  const shown = (ms: number): boolean => ms + offsetAt(ms, timeZone) === asIfUtc;
  return candidates.toSorted((a, b) => a - b).find(shown) ?? Math.max(...candidates);
}

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** 0 is Sunday. */
export function weekdayOf(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay();
}

export function isTimeZone(name: string): boolean {
  try {
    return formatOf(name) !== undefined;
  } catch {
    return false;
  }
}

function offsetAt(ms: number, timeZone: string): number {
  const { date, minutes } = localTime(ms, timeZone);
  return Date.parse(`${date}T00:00:00Z`) + minutes * 60_000 - Math.floor(ms / 60_000) * 60_000;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const numbers = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hourCycle: 'h23', ...numbers });
  formats.set(timeZone, format);
  return format;
}
