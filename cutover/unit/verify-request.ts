import { z } from 'zod';

/** How to verify, as it travels. Combinations of which a part would do nothing are refused. */
export const verifyRequest = z.strictObject({
  resume: z.boolean().exactOptional(),
  continuous: z.boolean().exactOptional(),
  passes: z.number().int().min(1).exactOptional(),
  maxRowsPerS: z.number().int().min(1).exactOptional(),
  maxViewS: z.number().positive().exactOptional(),
  repair: z.enum(['dry-run', 'write']).exactOptional(),
});

type Asked = z.output<typeof verifyRequest>;

/** What was asked for and would do nothing, in words; empty when all of it makes sense. */
export function idleParts({ continuous, passes, maxViewS, repair, resume }: Asked): string[] {
  return [
    ...(passes !== undefined && !continuous ? ['passes: only with continuous'] : []),
    ...(maxViewS !== undefined && continuous ? ['maxViewS: a continuous run keeps no view open'] : []),
    ...(repair !== undefined && continuous ? ['repair: only without continuous, after a look at one position'] : []),
    ...(repair !== undefined && resume ? ['repair: only after a whole run, not one that was gone on with'] : []),
  ];
}
