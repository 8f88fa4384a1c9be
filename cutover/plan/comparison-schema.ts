import { z } from 'zod';
import { DIFFERENCE_CLASSES, type ComparisonRule, type DifferenceClass } from '../../edge/index.ts';

const text = z.string().min(1);

/** Who asked for a rule, why, and until when: nobody may forget it. */
const facts = {
  route: text.optional().describe('GET /api/trips; without it every route of the unit'),
  path: text.describe('$.items[*].price, $..updatedAt, status, header.x, cookie.x or body'),
  owner: text.describe('who answers for it'),
  reason: text,
  expires: z.iso.date().describe('the last day it holds, UTC'),
};

const plain = <T extends string>(rule: T) => z.strictObject({ rule: z.literal(rule), ...facts });
const classes = Object.keys(DIFFERENCE_CLASSES) as [DifferenceClass, ...DifferenceClass[]];

/** The shape the edge understands; what no shape can say it checks itself. */
const rule = z.discriminatedUnion('rule', [
  plain('drop').describe('not compared at all'),
  plain('type-only').describe('only what kind of value it is'),
  plain('null-is-missing').describe('a member that is null and one that is not there'),
  plain('lower-case'),
  plain('whitespace').describe('runs of white space are one space'),
  plain('mask').extend({ pattern: text.describe('regular expression'), with: z.string().optional() }),
  plain('round').extend({ digits: z.number().int().min(0).max(20).describe('after the point') }),
  plain('tolerance').extend({ by: z.number().positive() }),
  plain('time').extend({ toleranceMs: z.number().int().min(0) }),
  plain('by-key').extend({ key: text }).describe('elements of a list belong together by this member'),
  plain('multiset').describe('the order of a list is not compared'),
  plain('id-map').extend({ space: text }).describe('ids differ one to one, throughout an answer'),
  plain('nested')
    .extend({ as: z.enum(['json', 'base64-json']) })
    .describe('a string that holds JSON; its fields are at <path>.$'),
  plain('map').describe('an object whose keys are data; its fields are at <path>.{key}'),
  plain('severity').extend({ severity: z.enum(['blocker', 'major', 'minor']), class: z.enum(classes).optional() }),
]) satisfies z.ZodType<ComparisonRule>;

/** How the shadow compares the answers of a unit. */
export const comparisonSchema = z
  .strictObject({
    headers: z
      .array(z.string().regex(/^[a-z0-9-]+$/, 'expected lower case'))
      .optional()
      .describe('instead of the usual ones'),
    keep: z
      .strictObject({
        paths: z.array(text).min(1).describe('as reports name them: $.trips[*].fare'),
        hours: z.number().int().min(1).max(168),
        owner: text,
        reason: text,
      })
      .optional()
      .describe('fields whose values are kept of a few mismatches, sealed with BANYAN_SHADOW_KEY, and then forgotten'),
    rules: z.array(rule).optional().describe('differences that are known and forgiven'),
  })
  .describe('how the shadow compares answers');
