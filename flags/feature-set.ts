import { hash } from 'node:crypto';
import { z } from 'zod';
import { describeProblems, messageOf } from '../shared/index.ts';
import { flagErrors } from './errors.ts';

const constraint = z.looseObject({
  contextName: z.string(),
  operator: z.string(),
  values: z.array(z.string()).optional(),
});

const variant = z.looseObject({ stickiness: z.string().optional() });

const strategy = z.looseObject({
  name: z.string(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  constraints: z.array(constraint).optional(),
  segments: z.array(z.number()).optional(),
  variants: z.array(variant).nullish(),
});

const dependency = z.looseObject({ feature: z.string(), variants: z.array(z.string()).optional() });

const feature = z.looseObject({
  name: z.string(),
  enabled: z.boolean(),
  project: z.string().optional(),
  strategies: z.array(strategy),
  variants: z.array(variant).nullish(),
  dependencies: z.array(dependency).optional(),
});

const segment = z.looseObject({ id: z.number(), constraints: z.array(constraint) });

const featureSet = z.looseObject({
  version: z.number(),
  features: z.array(feature),
  segments: z.array(segment).optional(),
});

/** What `GET /api/client/features` answers. Fields we do not know are kept as they are. */
export type FeatureSet = z.infer<typeof featureSet>;
export type Feature = z.infer<typeof feature>;
export type Segment = z.infer<typeof segment>;
export type Strategy = z.infer<typeof strategy>;
export type Dependency = z.infer<typeof dependency>;

export const emptyFeatureSet: FeatureSet = { version: 2, features: [] };

const PROBLEMS_SHOWN = 10;

/** Reads a set from its JSON text, or throws FLAGS_INVALID with the problems found. */
export function parseFeatureSet(text: string, source: string): FeatureSet {
  const parsed = featureSet.safeParse(parseJson(text, source));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, PROBLEMS_SHOWN).map((issue) => ({
    subject: `${source} ${issue.path.join('.')}`.trim(),
    value: 'not usable',
    expected: issue.message,
    fix: 'correct the set where it comes from',
  }));
  throw flagErrors.error('FLAGS_INVALID', { message: describeProblems(problems) });
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw flagErrors.error('FLAGS_INVALID', { message: `${source} is not JSON: ${messageOf(cause)}`, cause });
  }
}

/** A short name for the content of a set: the same wherever and whenever the same set is read. */
export function revisionOf({ features, segments = [] }: FeatureSet): string {
  return hash('sha256', JSON.stringify([features, segments]), 'hex').slice(0, 12);
}
