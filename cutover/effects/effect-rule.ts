import { z } from 'zod';

const text = z.string().min(1);
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'expected a day such as 2027-01-31');
const facts = {
  column: z
    .string()
    .regex(/^(\*|[\w$]+)\.[\w$]+$/, 'expected table.column, or *.column')
    .describe('of the service'),
  owner: text.describe('who answers for it'),
  reason: text,
  expires: day.describe('the last day it holds'),
};

/** How a column of a row is compared. */
export const effectRule = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('drop'), ...facts }).describe('not at all'),
  z
    .strictObject({ rule: z.literal('time'), toleranceMs: z.number().int().positive(), ...facts })
    .describe('as points in time, at most so far apart'),
]);

/** What a route does to others, each time it succeeds. */
export const expectedCall = z.strictObject({
  route: text.describe('method and path, as under apis'),
  method: text,
  url: text.describe('origin and path; {name} stands for one segment'),
  count: z.number().int().positive().default(1),
});

export const effectsShape = z
  .strictObject({ rules: z.array(effectRule).default([]), calls: z.array(expectedCall).default([]) })
  .describe('with shadow: dry-run: how what a write would have changed is compared with what it did');

export type EffectRule = z.infer<typeof effectRule>;
export type ExpectedCall = z.infer<typeof expectedCall>;
export type EffectsPlan = z.infer<typeof effectsShape>;

/** The rules that hold today, for one column. */
export function ruleOf(
  rules: readonly EffectRule[],
  table: string,
  column: string,
  today: string,
): EffectRule | undefined {
  const names = new Set([`${table}.${column}`, `*.${column}`]);
  return rules.find((rule) => names.has(rule.column) && rule.expires >= today);
}
