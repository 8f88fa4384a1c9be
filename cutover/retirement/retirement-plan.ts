import { z } from 'zod';

export const retirementShape = z
  .strictObject({
    quietDays: z
      .number()
      .positive()
      .max(366)
      .describe('how long nobody may have used legacy for the unit before it is retired; fractions count'),
  })
  .describe('lets banyan retire end what leads back to legacy');

export type RetirementPlan = z.infer<typeof retirementShape>;
