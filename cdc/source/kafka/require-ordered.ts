import { cdcErrors } from '../../errors.ts';
import type { TopicLog } from './topic-log.ts';

/** Throws `CDC_TOPIC_UNUSABLE`, naming everything that keeps a topic from holding a unit's changes in order. */
export async function requireOrdered(log: Pick<TopicLog, 'describe'>, topic: string): Promise<void> {
  const { partitions, cleanupPolicy } = await log.describe(topic);
  const problems = [
    ...(partitions.length === 1 ? [] : [`it has ${partitions.length} partitions; expected 1`]),
    ...(cleanupPolicy?.includes('compact') ? [`its cleanup.policy is ${cleanupPolicy}; expected delete`] : []),
  ];
  if (problems.length === 0) return;
  throw cdcErrors.error('CDC_TOPIC_UNUSABLE', {
    message: `the topic ${topic} cannot keep a unit's changes in order: ${problems.join('; ')}`,
    fix: 'recreate it as `banyan connector <unit>` describes it, then take a new snapshot',
  });
}
