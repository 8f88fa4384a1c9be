import { z } from 'zod';
import { isTimeZone } from './local-time.ts';

export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time such as 09:00');
const date = z.iso.date('expected a day such as 2026-12-24');
const minutes = z
  .number()
  .int()
  .min(0)
  .max(30 * 1440);

const hours = z
  .strictObject({ days: z.array(z.enum(WEEKDAYS)).min(1), from: time, to: time })
  .refine(({ from, to }) => from < to, 'expected from before to')
  .describe('when steps up are taken');

const freeze = z
  .strictObject({ from: date, to: date, why: z.string().min(1) })
  .refine(({ from, to }) => from <= to, 'expected from before to')
  .describe('first and last day without a step up');

export const rampShape = z
  .strictObject({
    timeZone: z.string().refine(isTimeZone, 'expected a time zone such as Europe/Berlin'),
    hours,
    holidays: z.array(date).default([]),
    freezes: z.array(freeze).default([]),
    minMinutes: minutes.describe('at every rung before the next'),
    minRequests: z.number().int().min(0).default(0).describe('of the service at every rung before the next'),
    nightsUntilTrusted: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(0)
      .describe('so often it goes down to nobody when the hours end, counted from the last regression'),
    waitMinutes: minutes.default(120).describe('after a regression'),
    maxRegressions: z.number().int().min(1).default(3).describe('at one rung; then it waits for somebody'),
  })
  .describe('lets banyan ramp climb the ladder by itself');

export type RampPlan = z.infer<typeof rampShape>;
