import type { Clock } from '../../shared/index.ts';
import type { Side } from '../decide/unit-state.ts';
import { HostAllowList, problemsOfEntries } from './host-allow-list.ts';
import type { OutlierLimits } from './outliers.ts';
import { Target } from './target.ts';

/** How the edge finds the endpoints of a target. */
export interface TargetOptions {
  /** The application as a whole. Its only endpoint, unless `endpoints` says how to find several. */
  readonly url: string;
  readonly endpoints?: EndpointsOptions;
  readonly outliers?: Partial<OutlierLimits>;
}

export type EndpointsOptions = { readonly from: 'list'; readonly urls: readonly string[] };

/** A URL alone is a target with one endpoint. */
export type TargetChoice = string | TargetOptions;

export function openTarget(side: Side, name: string, choice: TargetChoice, clock: Clock): Target {
  const { url, endpoints, outliers = {} } = typeof choice === 'string' ? { url: choice } : choice;
  const urls = endpoints?.urls ?? [url];
  return new Target(
    { side, name, outliers, clock },
    urls.map((one) => ({ url: one, weight: 1 })),
  );
}

/** Every address that no target may have, and every entry of the list that is none; one line each. */
export function problemsOfTargets(
  targets: Readonly<Record<string, TargetChoice>>,
  hosts: readonly string[] = [],
): string[] {
  const wrong = problemsOfEntries(hosts).map((entry) => `"${entry}" is neither a host name nor a network`);
  if (wrong.length > 0) return wrong;
  const allowed = new HostAllowList(hosts);
  return Object.entries(targets).flatMap(([name, choice]) => [
    ...(typeof choice !== 'string' && choice.endpoints?.urls.length === 0 ? [`${name}: its list has no endpoint`] : []),
    ...urlsOf(choice).flatMap((url) => {
      const problem = allowed.problemOf(url);
      return problem === undefined ? [] : [`${name}: "${withoutCredentials(url)}" is ${problem}`];
    }),
  ]);
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//');
}

function urlsOf(choice: TargetChoice): string[] {
  if (typeof choice === 'string') return [choice];
  return [choice.url, ...(choice.endpoints?.urls ?? [])];
}
