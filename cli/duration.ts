import { cliErrors } from './errors.ts';

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_MS = 7 * 86_400_000;

/** The milliseconds of `30m`, `1h`, `2d`, up to `7d`: what `--for` takes. */
export function durationOf(text: string): number {
  const [, count, unit = ''] = /^([1-9]\d*)([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS_MS[unit] ?? Number.NaN);
  if (ms <= LONGEST_MS) return ms;
  throw cliErrors.error('CLI_USAGE', {
    message: `--for is "${text}"; expected a time such as 30m, 1h or 2d, up to 7d`,
    fix: 'say --for 1h',
  });
}
