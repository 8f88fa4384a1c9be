import { z } from 'zod';
import { comparisonSchema } from './comparison-schema.ts';
import { approvalsShape } from '../approvals/approval-plan.ts';
import { customGate } from '../judgement/custom-gate.ts';
import { rampShape } from '../ramp/ramp-plan.ts';
import { retirementShape } from '../retirement/retirement-plan.ts';
import { effectsShape } from '../effects/effect-rule.ts';
import { ownerKeySchema, rowsOf } from './owner-key.ts';
import { targetShape } from './target-schema.ts';

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,39}$/, 'expected lower-case letters, digits, - and _, starting with a letter');
const text = z.string().min(1);
const percent = z
  .number()
  .min(0.01)
  .max(100)
  .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-9, 'expected steps of 0.01');
const path = z
  .string()
  .regex(/^(\/([A-Za-z0-9_.~-]+|\{[A-Za-z][A-Za-z0-9]*\}))+$/, 'expected whole segments such as /api/trips/{id}');
const method = z.enum(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']);
const tables = z.array(text).min(1);

const auth = z.literal('required').optional().describe('the edge answers 401 to whoever it cannot identify');
const api = z.strictObject({
  method,
  path,
  access: z.enum(['read', 'write']),
  entity: name,
  id: text.exactOptional().describe('the parameter of the path that names the entity; the last one when absent'),
  settleMs: z
    .number()
    .int()
    .positive()
    .max(600_000)
    .exactOptional()
    .describe('how long legacy goes on writing after it has answered'),
  auth,
  shadow: z
    .enum(['validate', 'dry-run'])
    .optional()
    .describe('a copy of each write that legacy took goes to the service, which must not let it happen'),
  created: text
    .exactOptional()
    .describe('with shadow: where the answer says which row was made, such as $.id; needed where the path does not'),
  rowsOf: rowsOf.exactOptional().describe('with ownerKey: whose rows a write route writes'),
});

const rate = z.strictObject({
  per: z.enum(['subject', 'address', 'route']).describe('who is counted together; route is everybody'),
  requests: z.number().int().positive(),
  seconds: z.number().int().min(1).max(86_400),
});

const limit = z
  .strictObject({
    method,
    path,
    deadlineMs: z.number().int().positive().optional().describe('for the whole answer'),
    maxBodyBytes: z.number().int().min(0).optional().describe('of the request; more is answered 413'),
    rates: z.array(rate).min(1).optional().describe('how often it may be asked for; more is answered 429'),
  })
  .refine((value) => Object.keys(value).length > 2, 'expected deadlineMs, maxBodyBytes or rates');

const answers = z
  .strictObject({
    origins: z
      .array(z.url({ protocol: /^https?$/ }))
      .optional()
      .describe('addresses the service calls itself by, beside url'),
    cookieDomains: z.record(text, z.string()).optional().describe('Domain of its cookies to the public one'),
    cookiePaths: z.record(text, text).optional().describe('Path of its cookies to the public one'),
  })
  .describe('with BANYAN_REFERENCES: what names its own address in the head of its answers');

const judged = z.strictObject({
  falseRollback: z
    .number()
    .min(0.0001)
    .max(0.2)
    .default(0.01)
    .describe('how often a service as good as legacy may be accused, per rung'),
  minRequests: z.number().int().min(1).default(500).describe('of the service, before a rung can pass'),
});

/** The plan format. Unknown keys are refused everywhere: a key that does nothing is a mistake somebody believes in. */
export const planSchema = z.strictObject({
  unit: name.describe('the bounded context that moves as a whole'),
  owner: z.strictObject({ team: text, contact: text }).describe('the one team that answers for the unit'),
  responsibilities: z.array(text).min(1),
  dataOwnership: z.strictObject({
    legacy: z.strictObject({ schema: text, tables }),
    service: z.strictObject({ schema: text, tables }),
  }),
  ownerKey: ownerKeySchema.exactOptional(),
  apis: z.array(api).min(1).describe('every route that moves with the unit'),
  dependents: z
    .array(api.omit({ access: true, id: true, settleMs: true, shadow: true, created: true, rowsOf: true }))
    .default([])
    .describe('legacy routes that stay and read rows of the unit; after cutover they wait for the reverse stream'),
  service: z.strictObject({
    name,
    url: text,
    database: text,
    dryRunUser: text
      .optional()
      .describe('the database user of the service’s dry runs; the fence lets it write, and it never commits'),
    answers: answers.optional(),
    ...targetShape,
  }),
  rollout: z.strictObject({
    salt: text.describe('one salt per extraction, so that a subject is on the same side for all its routes'),
    ladder: z.array(z.strictObject({ cohort: name.optional(), percent })).min(1),
  }),
  gates: z.strictObject({
    lag: z.strictObject({ maxMs: z.number().int().positive() }),
    verification: z.strictObject({ maxAgeMinutes: z.number().positive() }),
    shadow: z
      .strictObject({
        maxMismatchPercent: z.number().min(0.001).max(90).describe('of the answers of any read route'),
        confidencePercent: z.number().min(50).max(99.99).default(95).describe('however often one looks'),
        falseFindingPercent: z
          .number()
          .min(0.001)
          .max(50)
          .default(1)
          .describe('the chance that a whole run, all its routes together, finds something in a service that is right'),
        minSubjects: z.number().int().min(1).default(20).describe('different ones, of each route'),
        minShapes: z.number().int().min(1).default(1).describe('questions that differ in more than numbers'),
        maxLagPercent: z.number().min(0).max(100).default(5).describe('the share the copy’s lag may explain'),
        maxWriteMismatchPercent: z
          .number()
          .min(0.001)
          .max(90)
          .default(1)
          .describe('of the writes of any route with shadow: dry-run, those that may have other effects'),
      })
      .describe('what mirrored reads must have shown before users read from the service'),
    pinned: z
      .strictObject({ maxPercent: z.number().min(0).max(100) })
      .exactOptional()
      .describe('the share of reads that markers may keep on legacy; no limit when absent'),
    errors: judged
      .exactOptional()
      .describe('failures of the service beside those of legacy, by rung; not judged when absent'),
    slow: judged
      .exactOptional()
      .describe('requests slower than the P95 of legacy at the beginning of the rung; not judged when absent'),
    rehearsal: z
      .strictObject({ maxAgeHours: z.number().positive() })
      .exactOptional()
      .describe('a cutover needs a rehearsal that passed with this plan and is not older; none when absent'),
    custom: z.array(customGate).exactOptional().describe('gates of your own'),
  }),
  approvals: approvalsShape.optional(),
  ramp: rampShape.exactOptional(),
  retirement: retirementShape.exactOptional(),
  stall: z
    .strictObject({ afterDays: z.number().positive() })
    .exactOptional()
    .describe('an alarm when the unit has stood where it is for longer, until it is retired; none when absent'),
  changes: z
    .strictObject({ onRefusal: z.enum(['stop', 'park']).default('stop') })
    .optional()
    .describe('park: a row the other side refuses waits with its later changes in banyan.parked, contents included'),
  comparison: comparisonSchema.optional(),
  effects: effectsShape.optional(),
  disposable: z
    .strictObject({ legacy: z.url(), service: z.url() })
    .optional()
    .describe('copies of both that may be written and thrown away: where banyan replay sends writes'),
  limits: z.array(limit).default([]).describe('of routes named under apis: what differs from the edge’s own limits'),
});

export type Plan = z.infer<typeof planSchema>;

/** The schema that editors use for completion, from the same declaration that validates. */
export function planJsonSchema(): Record<string, unknown> {
  return { title: 'Banyan plan', ...z.toJSONSchema(planSchema, { io: 'input' }) };
}
