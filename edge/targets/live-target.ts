import type { Clock, Log } from '../../shared/index.ts';
import type { Side } from '../decide/unit-state.ts';
import { DnsEndpoints } from '../discovery/dns-endpoints.ts';
import type { EndpointSource } from '../discovery/endpoint-source.ts';
import { FileEndpoints } from '../discovery/file-endpoints.ts';
import { RegisteredEndpoints, type Registrations } from '../discovery/registered-endpoints.ts';
import { RepeatedLook, type Found } from '../discovery/repeated-look.ts';
import { HealthChecks } from './health-checks.ts';
import type { HostAllowList } from './host-allow-list.ts';
import { optionsOf, type TargetChoice, type TargetOptions } from './target-options.ts';
import { Target } from './target.ts';

export interface LiveTargetParts {
  readonly allowed: HostAllowList;
  readonly registrations: Registrations | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

const NOBODY: Registrations = { addresses: () => [], onChange: () => () => undefined };

/** A target with what keeps it up to date: where its endpoints come from, and how they are. */
export class LiveTarget {
  readonly target: Target;
  readonly choice: TargetChoice;
  readonly #source: EndpointSource | undefined;
  readonly #checks: HealthChecks | undefined;

  constructor(side: Side, name: string, choice: TargetChoice, parts: LiveTargetParts) {
    this.choice = choice;
    const options = optionsOf(choice);
    const { url, endpoints, outliers = {}, healthCheck } = options;
    const urls = endpoints?.from === 'list' ? endpoints.urls : [url];
    const addresses = urls.map((one) => ({ url: one, weight: 1 }));
    this.target = new Target({ side, name, outliers, clock: parts.clock }, addresses);
    this.#source = openSource(name, options, parts);
    if (healthCheck) this.#checks = new HealthChecks({ ...parts, target: this.target, url, options: healthCheck });
  }

  start(): void {
    this.#source?.start((addresses) => this.target.replace(addresses));
    this.#checks?.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#source?.stop(), this.#checks?.stop()]);
  }
}

/** A list does not change, and neither does a URL alone: the system resolves its name with each connection. */
function openSource(
  name: string,
  { url, endpoints }: TargetOptions,
  parts: LiveTargetParts,
): EndpointSource | undefined {
  const { allowed, clock, log, registrations = NOBODY } = parts;
  const repeat = (look: () => Promise<Found>): EndpointSource => new RepeatedLook({ name, look, clock, log });
  switch (endpoints?.from) {
    case 'dns': {
      const dns = new DnsEndpoints(endpoints, allowed);
      return repeat(() => dns.ofHost(url));
    }
    case 'srv': {
      const dns = new DnsEndpoints(endpoints, allowed);
      return repeat(() => dns.ofService(endpoints.name, url));
    }
    case 'file':
      return new FileEndpoints(endpoints.path, allowed, log);
    case 'registration':
      return new RegisteredEndpoints(registrations, name, { url, weight: 1 });
    default:
      return undefined;
  }
}
