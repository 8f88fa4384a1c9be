import { clientAddress } from '../hygiene/forwarding-headers.ts';
import type { HygienePolicy } from '../hygiene/policy.ts';
import type { EdgeOptions } from '../options.ts';
import { AccessLog } from './access-log.ts';
import type { EdgeMetrics } from './metrics.ts';
import { ObserveStep, type ObserveParts } from './observe-step.ts';

/** The last step of the journey, with what of it is on. */
export function openObserve(
  { tracing, continuesTraces = true, accessLog: choice, log }: EdgeOptions,
  metrics: EdgeMetrics,
  policy: HygienePolicy,
  tokenSourceOf: ObserveParts['tokenSourceOf'],
): ObserveStep {
  const dropped = (): void => metrics.accessLogDropped();
  const accessLog =
    choice && new AccessLog(choice, { log, addressOf: (request) => clientAddress(request, policy), dropped });
  return new ObserveStep({ metrics, tokenSourceOf, tracing, continuesTraces, accessLog });
}
