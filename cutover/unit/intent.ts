import { z } from 'zod';
import type { JournalNote } from '../journal/journal-entry.ts';

/** A link with a password in it would be kept for ever. */
const evidence = z
  .string()
  .min(1)
  .max(500)
  .refine((link) => !/\/\/[^/]*@/.test(link), 'expected a link without user and password');

/** What every changing command says of itself. */
export const intentSchema = z.strictObject({
  who: z.string().min(1),
  reason: z.string().default(''),
  dryRun: z.boolean().default(false),
  evidence: z.array(evidence).max(20).optional(),
});

/** Who wants a change, and why. */
export interface Intent {
  readonly who: string;
  readonly reason: string;
  readonly dryRun?: boolean;
  /** Links to what the decision rests on. */
  readonly evidence?: readonly string[] | undefined;
  /** What the journal calls the change, where that is not the step itself, and what it keeps of it besides. */
  readonly action?: string;
  readonly detail?: object;
}

/** The journal line of a change that was made, or refused. */
export function noteOf({ who, reason, evidence: links }: Intent, action: string, detail?: unknown): JournalNote {
  return { who, reason, action, ...(detail !== undefined && { detail }), ...(links && { evidence: links }) };
}
