import { z } from 'zod';
import type { UnitStore } from '../control/control-store.ts';
import type { JournalNote } from '../journal/journal-entry.ts';
import type { GateResult } from '../judgement/gates.ts';
import type { UnitRecord } from './unit-record.ts';

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

/** A change that gates kept from being made is worth a line too; one that was only asked about is not. */
export async function noteRefusal(
  store: UnitStore,
  record: UnitRecord,
  action: string,
  intent: Intent,
  gates: readonly GateResult[],
): Promise<void> {
  if (!intent.dryRun) await store.note(record, noteOf(intent, `${action}-refused`, { gates }));
}
