import { hash } from 'node:crypto';

/** How many buckets a rollout has: one is 0.01 % of the subjects. */
export const BUCKETS = 10_000;

/**
 * The subject's place in a rollout, 0…9999. Depends on nothing but the salt and the id, so it never moves while the
 * ceiling grows. The modulo of 32 hash bits favours no bucket by more than one part in 400,000.
 */
export function bucketOf(salt: string, subjectId: string): number {
  return Number.parseInt(hash('sha256', `${salt}:${subjectId}`, 'hex').slice(0, 8), 16) % BUCKETS;
}
