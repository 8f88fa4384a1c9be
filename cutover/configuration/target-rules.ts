import { problemsOfTargets, type TargetOptions } from '../../edge/index.ts';
import type { Problem } from '../../shared/index.ts';
import type { Plan } from '../plan/plan.ts';
import type { EdgeFile } from './edge-file.ts';

/** Services at hosts where no target may be. What is still to be filled in has a problem of its own. */
export function checkTargets(plans: readonly Plan[], { targetHosts }: EdgeFile): Problem[] {
  const services = plans
    .filter(({ service }) => !service.url.includes('${'))
    .map(({ unit, service }) => [`the service of ${unit}`, service as TargetOptions] as const);
  return problemsOfTargets(Object.fromEntries(services), targetHosts).map((problem) => ({
    ...problem,
    expected: 'an address targets may be at',
    fix: 'correct it, or name its host or network under targetHosts in edge.yaml',
  }));
}
