import { judgeGates } from '../judgement/gates.ts';
import type { MeasuredTraffic } from '../judgement/unit-judgement.ts';
import type { Plan } from '../plan/plan.ts';
import type { ServiceStanding } from '../unit/unit-runtime.ts';

/** Why a rung must be left at once; undefined while nothing says so. What is not known is no reason to go down. */
export function regressionOf(
  plan: Plan,
  traffic: MeasuredTraffic | undefined,
  service: ServiceStanding | undefined,
): string | undefined {
  if (service && service.brokenRoutes > 0) return `the breakers of ${service.brokenRoutes} routes opened`;
  if (service && service.endpoints > 0 && service.usable === 0) return 'no endpoint of the service is usable';
  const accused = judgeGates(['errors', 'slow'], plan, traffic ? { traffic } : {}).find(
    ({ verdict }) => verdict === 'fail',
  );
  return accused && `${accused.gate}: ${accused.value}`;
}
