const two = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
const pad2 = (n: number): string => two[n] as string;

const FIRST_DAY = -719_528;
const LAST_DAY = 2_932_896;

/** `YYYY-MM-DD` of a number of days since 1970-01-01; undefined outside the years 0 to 9999. */
export function dateText(days: number): string | undefined {
  if (days < FIRST_DAY || days > LAST_DAY) return undefined;
  // Counted from 1 March of year 0, so that the leap day is the last of its year.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${pad2(Math.floor(year / 100))}${pad2(year % 100)}-${pad2(month)}-${pad2(day)}`;
}

let lastDay = Number.NaN;
let lastDate: string | undefined;

/** `YYYY-MM-DD HH:MM:SS` with a fraction of `digits`; neighbouring rows are often of one day. */
export function datetimeText(seconds: number, micros: number, digits: number): string | undefined {
  const day = Math.floor(seconds / 86_400);
  if (day !== lastDay) {
    lastDate = dateText(day);
    lastDay = day;
  }
  if (lastDate === undefined) return undefined;
  const fraction = fractionText(micros, digits);
  return fraction === undefined ? undefined : `${lastDate} ${clockText(seconds - day * 86_400)}${fraction}`;
}

/** A duration of up to ±838 hours as MariaDB's TIME. */
export function timeText(micros: number, digits: number): string | undefined {
  const size = Math.abs(micros);
  const seconds = Math.floor(size / 1_000_000);
  if (seconds >= 839 * 3600) return undefined;
  const fraction = fractionText(size - seconds * 1_000_000, digits);
  return fraction === undefined ? undefined : `${micros < 0 ? '-' : ''}${clockText(seconds)}${fraction}`;
}

function clockText(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${two[hours] ?? String(hours)}:${pad2(minutes)}:${pad2(seconds % 60)}`;
}

/** Undefined when digits the column does not have would be lost. */
function fractionText(micros: number, digits: number): string | undefined {
  if (micros === 0) return digits === 0 ? '' : `.${'000000'.slice(0, digits)}`;
  const text = String(micros).padStart(6, '0');
  for (let i = digits; i < 6; i++) if (text.charCodeAt(i) !== 0x30) return undefined;
  return `.${text.slice(0, digits)}`;
}
