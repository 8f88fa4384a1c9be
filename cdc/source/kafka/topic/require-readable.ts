import { cdcErrors } from '../../../errors.ts';
import type { TopicLog } from './topic-log.ts';

/**
 * The partitions of a topic. Throws `CDC_TOPIC_UNUSABLE`, naming everything that keeps it from holding all changes, and
 * from holding them in order when that is asked for.
 */
export async function requireReadable(
  log: Pick<TopicLog, 'describe'>,
  topic: string,
  { isOrdered = false }: { readonly isOrdered?: boolean } = {},
): Promise<readonly number[]> {
  const { partitions, cleanupPolicy } = await log.describe(topic);
  const problems = [
    ...(isOrdered && partitions.length !== 1 ? [`it has ${partitions.length} partitions; expected 1`] : []),
    ...(cleanupPolicy?.includes('compact') ? [`its cleanup.policy is ${cleanupPolicy}; expected delete`] : []),
  ];
  if (problems.length === 0) return partitions;
  throw cdcErrors.error('CDC_TOPIC_UNUSABLE', {
    message: `the topic ${topic} cannot keep a unit's changes: ${problems.join('; ')}`,
    fix: 'recreate it as `banyan connector <unit>` describes it, then take a new snapshot',
  });
}
