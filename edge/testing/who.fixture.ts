import { createMetrics, silentLog, systemClock, type Clock, type Registry } from '../../shared/index.ts';
import type { Caller } from '../identify/caller.ts';
import type { Identifier } from '../identify/identifier.ts';
import { HeaderLines } from '../hygiene/header-lines.ts';
import { LATE, type Credentials, type Verdict } from '../identify/identity-way.ts';
import { openIdentification } from '../identify/open-identifier.ts';
import type { SubjectOptions } from '../identify/subject-options.ts';

export interface Asked {
  readonly identifier: Identifier;
  readonly registry: Registry;
  /** `kind id` of the subject, `nobody` or `late`. */
  readonly who: (headers: Readonly<Record<string, string>>) => Promise<string>;
  /** Whom it takes it for; throws for nobody. */
  readonly caller: (headers: Readonly<Record<string, string>>) => Promise<Caller>;
  readonly refusals: () => Promise<Record<string, number>>;
}

/** The identification of an edge with these options. */
export async function openWho(options: SubjectOptions, clock: Clock = systemClock): Promise<Asked> {
  const registry = createMetrics();
  const { identifier } = openIdentification({ subject: options, log: silentLog, registry }, { clock });
  await identifier.start();
  const ask = async (headers: Readonly<Record<string, string>>): Promise<Verdict> =>
    identifier.identify(credentials(headers));
  const caller = async (headers: Readonly<Record<string, string>>): Promise<Caller> => {
    const verdict = await ask(headers);
    if (verdict === undefined || verdict === LATE) throw new Error(`expected a caller, got ${verdict ?? 'nobody'}`);
    return verdict;
  };
  return {
    identifier,
    registry,
    caller,
    who: async (headers) => describe(await ask(headers)),
    refusals: () => refusals(registry),
  };
}

/** What of a request with these headers tells who it belongs to. */
export function credentials(headers: Readonly<Record<string, string>>): Credentials {
  return { headers: HeaderLines.ofList(Object.entries(headers).flat()), cookie: headers['cookie'] };
}

function describe(verdict: Verdict): string {
  if (verdict === undefined) return 'nobody';
  return verdict === LATE ? LATE : `${verdict.subject.kind} ${verdict.subject.id}`;
}

/** `way reason` → how often. */
async function refusals(registry: Registry): Promise<Record<string, number>> {
  const metric = await registry.getSingleMetric('banyan_edge_identity_refused_total')?.get();
  const values = metric?.values ?? [];
  return Object.fromEntries(values.map(({ labels, value }) => [`${labels['way']} ${labels['reason']}`, value]));
}
