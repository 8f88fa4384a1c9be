import type { DnsOptions } from '../discovery/dns-endpoints.ts';
import type { HealthCheckOptions } from './health-checks.ts';
import { HostAllowList, problemsOfEntries } from './host-allow-list.ts';
import type { OutlierLimits } from './outliers.ts';
import { problemOfSocket, socketPathOf } from './unix-socket.ts';

/** How the edge finds the endpoints of a target, and how it tells good ones from bad. */
export interface TargetOptions {
  /** The application as a whole: http, https, or unix:/run/app.sock. Its only endpoint, unless `endpoints` says how to find several. */
  readonly url: string;
  readonly endpoints?: EndpointsOptions;
  readonly healthCheck?: HealthCheckOptions;
  readonly outliers?: Partial<OutlierLimits>;
}

/**
 * list: those and no others. dns: every address of the URL's host. srv: what an SRV name leads to. file: what a JSON file
 * says now. registration: those that register themselves; the URL while none has.
 */
export type EndpointsOptions =
  | { readonly from: 'list'; readonly urls: readonly string[] }
  | ({ readonly from: 'dns' } & DnsOptions)
  | ({ readonly from: 'srv'; readonly name: string } & DnsOptions)
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'registration' };

/** A URL alone is a target with one endpoint. */
export type TargetChoice = string | TargetOptions;

export function optionsOf(choice: TargetChoice): TargetOptions {
  return typeof choice === 'string' ? { url: choice } : choice;
}

/** Something about a target that cannot be: `value` completes the sentence "<subject> is …". */
export interface TargetProblem {
  readonly subject: string;
  readonly value: string;
}

/** Every address that no target may have, and every entry of the list that is none. */
export function problemsOfTargets(
  targets: Readonly<Record<string, TargetChoice>>,
  hosts: readonly string[] = [],
): TargetProblem[] {
  const wrong = problemsOfEntries(hosts);
  if (wrong.length > 0)
    return wrong.map((entry) => ({ subject: `allowed host "${entry}"`, value: 'neither a host name nor a network' }));
  const allowed = new HostAllowList(hosts);
  return Object.entries(targets).flatMap(([name, choice]) => problemsOf(name, optionsOf(choice), allowed));
}

function problemsOf(name: string, { url, endpoints }: TargetOptions, allowed: HostAllowList): TargetProblem[] {
  const listed = endpoints?.from === 'list' ? endpoints.urls : [];
  const misplaced = [...new Set([url, ...listed])].flatMap((one) => {
    const socket = socketPathOf(one);
    const problem = socket === undefined ? allowed.problemOf(one) : problemOfSocket(socket);
    const subject = `address "${withoutCredentials(one)}" of ${name}`;
    return problem === undefined ? [] : [{ subject, value: problem }];
  });
  if (endpoints?.from === 'list' && listed.length === 0)
    misplaced.push({ subject: `the list of ${name}`, value: 'without an endpoint' });
  const isByAddress = endpoints?.from === 'dns' || endpoints?.from === 'srv';
  if (isByAddress && url.startsWith('https:'))
    misplaced.push({ subject: `the way to find ${name}`, value: 'by address, of which no certificate speaks' });
  return misplaced;
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//');
}
