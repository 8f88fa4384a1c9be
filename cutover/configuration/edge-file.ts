import { z } from 'zod';
import { breakerSchema, targetShape } from '../plan/target-schema.ts';

/** What the edges share that belongs to no unit: `edge.yaml` beside the plans. Nothing in it has to be said. */
export const edgeFileSchema = z.strictObject({
  legacy: z.strictObject(targetShape).default({}).describe('LEGACY_URL with more than one endpoint, and their health'),
  targetHosts: z
    .array(z.string().min(1))
    .default([])
    .describe('hosts targets may be at: names, *.suffix, addresses, networks; any but a few when empty'),
  breaker: breakerSchema.default({}).describe('when the requests of a route are kept away from a failing service'),
});

export type EdgeFile = z.infer<typeof edgeFileSchema>;

/** The schema that editors use for completion, from the same declaration that validates. */
export function edgeFileJsonSchema(): Record<string, unknown> {
  return { title: 'What the edges share', ...z.toJSONSchema(edgeFileSchema, { io: 'input' }) };
}
