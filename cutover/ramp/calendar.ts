import { addDays, instantOf, localTime, weekdayOf } from './local-time.ts';
import { WEEKDAYS, type RampPlan } from './ramp-plan.ts';

type Calendar = Pick<RampPlan, 'timeZone' | 'hours' | 'holidays' | 'freezes'>;

/** How far ahead is looked for a day without freeze and holiday. */
const DAYS_AHEAD = 400;

/** True within the hours of a working day; freezes do not matter: during one nothing climbs, and nothing must go down. */
export function isWithinHours(calendar: Calendar, ms: number): boolean {
  const { date, minutes } = localTime(ms, calendar.timeZone);
  const { from, to } = calendar.hours;
  return isWorkday(calendar, date) && minutes >= minutesOf(from) && minutes < minutesOf(to);
}

/** The first moment from `fromMs` on at which a step up may be taken; undefined when there is none in over a year. */
export function nextOpenMs(calendar: Calendar, fromMs: number): number | undefined {
  const { timeZone, hours } = calendar;
  const { date: today } = localTime(fromMs, timeZone);
  for (let day = 0; day < DAYS_AHEAD; day++) {
    const date = addDays(today, day);
    if (!isWorkday(calendar, date) || freezeOn(calendar, date)) continue;
    const opensMs = instantOf({ date, minutes: minutesOf(hours.from) }, timeZone);
    const closesMs = instantOf({ date, minutes: minutesOf(hours.to) }, timeZone);
    if (fromMs < closesMs) return Math.max(opensMs, fromMs);
  }
  return undefined;
}

/** What keeps a step from being taken at this moment, for people. */
export function closedBecause(calendar: Calendar, ms: number): string {
  const { date } = localTime(ms, calendar.timeZone);
  const freeze = freezeOn(calendar, date);
  if (freeze) return `freeze: ${freeze.why}`;
  if (calendar.holidays.includes(date)) return 'holiday';
  return 'outside the hours';
}

function isWorkday({ hours, holidays }: Calendar, date: string): boolean {
  const weekday = WEEKDAYS[weekdayOf(date)];
  return weekday !== undefined && hours.days.includes(weekday) && !holidays.includes(date);
}

function freezeOn({ freezes }: Calendar, date: string): Calendar['freezes'][number] | undefined {
  return freezes.find(({ from, to }) => from <= date && date <= to);
}

function minutesOf(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return hour * 60 + minute;
}
