import { z } from 'zod';

const step = z
  .strictObject({
    slowMs: z.number().int().min(1).max(30_000).exactOptional().describe('they are answered so much later'),
    status: z
      .union([z.literal(503), z.literal(410)])
      .exactOptional()
      .describe('they get this and nothing else'),
    minutes: z.number().positive().max(10_080),
  })
  .refine(({ slowMs, status }) => (slowMs === undefined) !== (status === undefined), 'expected slowMs or status');

export const retirementShape = z
  .strictObject({
    quietDays: z
      .number()
      .positive()
      .max(366)
      .describe('how long nobody may have used legacy for the unit before it is retired; fractions count'),
    brownout: z
      .array(step)
      .min(1)
      .exactOptional()
      .describe('how whoever still needs legacy is treated, one step after the other'),
    callers: z
      .array(z.string().min(1))
      .default([])
      .describe('who must not be broken, as services are told them; a request of theirs ends the brownout'),
  })
  .describe('lets banyan retire end what leads back to legacy');

export type RetirementPlan = z.infer<typeof retirementShape>;
