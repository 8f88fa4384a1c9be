import type { WireReport } from '../../cutover/index.ts';
import { openValue, withValues, type KeptValue } from '../../edge/index.ts';

/** With the values that were kept, where the key opens them and their time is not over. */
export function openReport<R extends Pick<WireReport, 'seen'>>(report: R, key: Buffer, nowMs: number): R {
  const open = (value: KeptValue, path: string): KeptValue => {
    const bytes = value.sealed && openValue(value.sealed, path, key, nowMs);
    return bytes ? { ...value, text: bytes.toString('utf8') } : value;
  };
  return { ...report, seen: report.seen.map((route) => withValues(route, open)) };
}
