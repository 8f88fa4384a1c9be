import type { Clock, Log, Registry, Tracing } from '../shared/index.ts';
import type { FlagProvider, KillSwitch } from '../flags/index.ts';
import type { BreakerLimits } from './breaker/breaker.ts';
import type { Registrations } from './discovery/registered-endpoints.ts';
import type { AnswerRules } from './answers/answer-rewriter.ts';
import { problemsOfAnswers } from './answers/open-rewriter.ts';
import { edgeErrors } from './errors.ts';
import type { Forwarder, ForwardLimits } from './forward/forwarder.ts';
import type { IdentityKeys } from './identify/identity-keys.ts';
import { problemsOfSubject, type SubjectOptions } from './identify/subject-options.ts';
import type { TlsOptions } from './listen/certificate.ts';
import { isNetwork } from './networks.ts';
import type { MarkExchange } from './markers/mark-exchange.ts';
import type { Watermarks } from './markers/watermarks.ts';
import type { AccessLogOptions } from './observe/access-log.ts';
import type { RateRule } from './limit/rate-rule.ts';
import type { Route } from './match/route-table.ts';
import type { ComparisonOptions } from './shadow/rules/rule.ts';
import type { ShadowLimits } from './shadow/shadow.ts';
import type { EffectJudge } from './shadow-writes/effect-judge.ts';
import type { WriteLatch } from './shadow-writes/shadow-writes.ts';
import type { UnitState } from './decide/unit-state.ts';
import { problemsOfTargets, type TargetChoice } from './targets/target-options.ts';

export interface EdgeLimits extends ForwardLimits {
  readonly maxHeaderBytes: number;
  readonly maxHeaders: number;
  /** Of one address, how many connections the requests of one route may hold; further ones wait. */
  readonly connectionsPerRoute: number;
  /** Of a request's body, where its route says nothing else. */
  readonly maxBodyBytes: number;
  /** Connections of clients; one more is closed at once. */
  readonly clientConnections: number;
  /** For the whole head of a request to arrive. */
  readonly headersMs: number;
  readonly idleConnectionMs: number;
  /** A WebSocket whose client is silent for that long is pinged, and ended when it goes on being silent. */
  readonly webSocketIdleMs: number;
  /** Open requests of one HTTP/2 connection. */
  readonly streams: number;
  /** How long a held write waits before it is answered 503. */
  readonly holdMs: number;
  /** How long a read on legacy waits for the reverse stream to bring the subject's own write. */
  readonly catchUpMs: number;
  /** How long a write whose answer was lost may still be at work in the application. */
  readonly unknownOutcomeMs: number;
  /** How long the doors stay open after /readyz has begun to fail, so that nobody is sent here who finds them closed. */
  readonly unreadyMs: number;
  /** How long idle connections stay open after that, for requests that are on their way. */
  readonly lingerMs: number;
  /** How long requests may go on after the doors are closed. */
  readonly drainMs: number;
}

export const defaultLimits: EdgeLimits = {
  maxHeaderBytes: 16_384,
  maxHeaders: 100,
  connectionsPerRoute: 64,
  maxBodyBytes: Number.POSITIVE_INFINITY,
  clientConnections: 100_000,
  headersMs: 10_000,
  idleConnectionMs: 65_000,
  webSocketIdleMs: 30_000,
  streams: 100,
  connectMs: 2_000,
  firstByteMs: 15_000,
  totalMs: 60_000,
  bodyGraceMs: 10_000,
  minBodyBytesPerS: 500,
  connections: 128,
  queue: 1_000,
  maxAnswerHeadBytes: 65_536,
  holdMs: 3_000,
  catchUpMs: 2_000,
  unknownOutcomeMs: 30_000,
  unreadyMs: 0,
  lingerMs: 1_000,
  drainMs: 5_000,
};

export const defaultShadowLimits: ShadowLimits = {
  concurrency: 8,
  maxBytes: 1024 * 1024,
  memoryBytes: 64 * 1024 * 1024,
  timeoutMs: 2_000,
  settleMs: 30_000,
  parked: 1_024,
  turnMs: 2,
};

export interface EdgeOptions {
  readonly routes: readonly Route[];
  /** Where legacy is. */
  readonly legacy: TargetChoice;
  /** Where each unit's service is. */
  readonly services: Readonly<Record<string, TargetChoice>>;
  /** The hosts both may be at: names, `*.suffix`, addresses, networks. Any but a few when empty. */
  readonly targetHosts?: readonly string[];
  /** Who has registered as an endpoint, for targets whose endpoints come from there. */
  readonly registrations?: Registrations;
  /** When a route's requests are kept away from a service that fails them. */
  readonly breaker?: Partial<BreakerLimits>;
  /** Undefined while nobody has told: requests of the unit are then answered 503. */
  unitState(unit: string): UnitState | undefined;
  /** Units of which single subjects' writes can be held. */
  readonly ownedByKey?: ReadonlySet<string>;
  readonly watermarks: Watermarks;
  /** The other edges in front of the same applications; absent when this is the only one there can be. */
  readonly exchange?: MarkExchange;
  readonly flags: FlagProvider;
  /** The way to take a unit off its service that needs nobody else to answer. */
  readonly killSwitch?: KillSwitch;
  readonly salts: Readonly<Record<string, string>>;
  readonly subject: SubjectOptions;
  /** Signs what services are told, with a secret that they share. Either this or `identityKeys`. */
  readonly identityKey?: string | undefined;
  /** Signs it with keys of which the services know the public halves; started by whoever opened it. */
  readonly identityKeys?: IdentityKeys | undefined;
  /** What all edges share and nobody else knows: signs overrides and pins, which are off without it. */
  readonly edgeKey?: string;
  /** The edge key before this one, while clients still carry what it has sealed. */
  readonly edgeKeyBefore?: string;
  readonly registry: Registry;
  readonly log: Log;
  /** One line for each request; absent means none. */
  readonly accessLog?: AccessLogOptions;
  /** Where spans go; absent means that nothing is traced and trace headers pass as they are. */
  readonly tracing?: Tracing;
  /** False begins a new trace at the edge, whatever a client says. */
  readonly continuesTraces?: boolean;
  readonly clock?: Clock;
  readonly limits?: Partial<EdgeLimits>;
  /** What answers say of their target's own address: counted, or also replaced by the client's; left alone when absent. */
  readonly references?: 'report' | 'rewrite';
  /** By target, `legacy` or a unit. */
  readonly answers?: Readonly<Record<string, AnswerRules>>;
  /** The one target that may set a cookie of a name; from others it is left out. */
  readonly cookieOwners?: Readonly<Record<string, string>>;
  /** How often anything may be asked for, by each subject and each address; routes may have rules of their own. */
  readonly rates?: readonly RateRule[];
  /** `mysql://` URL of the table all edges count in; without it each counts for itself. */
  readonly rateDatabaseUrl?: string;
  /** Needed for a port that speaks TLS. Read again when the files change. */
  readonly tls?: TlsOptions;
  readonly shadowLimits?: Partial<ShadowLimits>;
  /** Needed for `dry-run`: who compares what a write would have changed with what it did. */
  readonly effects?: EffectJudge;
  /** Where it is kept that a service did not acknowledge a shadow write; forgotten with the process when absent. */
  readonly writeLatch?: WriteLatch;
  /** Proxies in front whose X-Forwarded headers are believed: addresses and networks such as `10.0.0.0/8`. */
  readonly trustedProxies?: readonly string[];
  /**
   * Pages that may open a WebSocket, as their Origin header says: `https://app.example`, or `same` for the host that is
   * asked. Absent: the application decides.
   */
  readonly webSocketOrigins?: readonly string[];
  /** By unit: what of its sides' answers is compared, and which differences are none. */
  readonly comparison?: Readonly<Record<string, ComparisonOptions>>;
  /** A secret that seals the values which `comparison` has kept. */
  readonly shadowKey?: string;
  /** Answers `x-banyan-explain: 1` with the decision. */
  readonly explain?: boolean;
  /** Needed for everything on the admin port but /healthz and /readyz. Without it those are all there is. */
  readonly adminToken?: string;
  /** Who carries ordinary HTTP; `direct` unless said otherwise. Upgrades are always carried by http-proxy-middleware. */
  readonly forwarder?: 'direct' | 'undici' | 'http-proxy-middleware' | ((limits: ForwardLimits) => Forwarder);
}

/** Refuses options that could only fail later, all at once. */
export function checkOptions(options: EdgeOptions): void {
  const units = [...new Set(options.routes.map((route) => route.unit))];
  const lacking = units.flatMap((unit) => [
    ...(options.services[unit] ? [] : [`${unit} has no service address`]),
    ...(options.salts[unit] ? [] : [`${unit} has no salt`]),
    ...(options.comparison?.[unit]?.keep && !options.shadowKey ? [`${unit} keeps values and nothing seals them`] : []),
  ]);
  if (lacking.length > 0) throw edgeErrors.error('EDGE_UNIT_INCOMPLETE', { message: lacking.join('; ') });
  const misplaced = problemsOfTargets({ ...options.services, legacy: options.legacy }, options.targetHosts);
  const lines = misplaced.map(({ subject, value }) => `${subject} is ${value}`);
  if (lines.length > 0) throw edgeErrors.error('EDGE_TARGET_REFUSED', { message: lines.join('; ') });
  const rules = problemsOfAnswers(options);
  if (rules.length > 0) throw edgeErrors.error('EDGE_ANSWERS_INVALID', { message: rules.join('; ') });
  const strange = (options.trustedProxies ?? []).filter((entry) => !isNetwork(entry));
  if (strange.length > 0) throw edgeErrors.error('EDGE_PROXY_UNKNOWN', { message: strangeProxies(strange) });
  const unidentifiable = problemsOfSubject(options.subject, options.edgeKey);
  if (unidentifiable.length > 0) throw edgeErrors.error('EDGE_SUBJECT_INVALID', { message: unidentifiable.join('; ') });
  const keys = problemsOfKeys(options);
  if (keys.length > 0) throw edgeErrors.error('EDGE_SECRET_EMPTY', { message: keys.join('; ') });
}

function problemsOfKeys({ identityKey, identityKeys, edgeKey, rateDatabaseUrl }: EdgeOptions): string[] {
  return [
    ...(identityKey || identityKeys ? [] : ['the identity key is empty']),
    ...(identityKey && identityKeys ? ['there are an identity key and a set of them; expected one of the two'] : []),
    ...(rateDatabaseUrl && !edgeKey && !identityKey ? ['the edge key is empty, by which edges count together'] : []),
  ];
}

function strangeProxies(entries: readonly string[]): string {
  const named = entries.map((entry) => `"${entry}"`).join(', ');
  return `trusted proxies ${named}; expected addresses and networks such as 10.0.0.0/8`;
}
