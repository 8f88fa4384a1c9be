import { Counter, type Clock, type Log, type Registry } from '../../shared/index.ts';
import { ApiKeyWay } from './api-key-way.ts';
import { Callers } from './callers.ts';
import { Identifier } from './identifier.ts';
import type { IdentityWay } from './identity-way.ts';
import { IntrospectedSession } from './introspected-session.ts';
import { Introspection } from './introspection.ts';
import { JwtWay } from './jwt-way.ts';
import { KeySet } from './key-set.ts';
import { OpaqueSession } from './opaque-session.ts';
import { SignedSession, verifySession } from './signed-session.ts';
import { VisitorCookie } from './visitor-cookie.ts';
import { Visitors, type VisitorsParts } from './visitors.ts';
import { DEFAULT_WAIT_MS, type SubjectOptions, type WayOptions } from './subject-options.ts';

/** What of an edge's options its identification is built of. */
export interface IdentityOptions {
  readonly subject: SubjectOptions;
  readonly edgeKey?: string | undefined;
  readonly log: Log;
  readonly registry: Registry;
}

export interface IdentityParts {
  readonly clock: Clock;
  readonly mayLink?: VisitorsParts['mayLink'];
  /** How many credentials and callers are remembered. */
  readonly memory?: number;
}

const MEMORY = 20_000;

interface WayParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: number;
  readonly callers: Callers;
  readonly refused: (way: string, reason: string) => void;
}

/** What identification is made of. */
export interface Identification {
  readonly identifier: Identifier;
  /** Absent where visitors are nobody. */
  readonly visitors: Visitors | undefined;
}

/** Builds what is configured, once: a way that is not configured is not there. */
export function openIdentification(options: IdentityOptions, given: IdentityParts): Identification {
  const { subject, edgeKey = '', log, registry } = options;
  const { memory = MEMORY, clock, mayLink = () => true } = given;
  const refused = countRefusals(registry);
  const callers = new Callers(subject.by ?? 'user', memory);
  const ways = subject.ways.map((way) => openWay(way, { clock, log, memory, callers, refused }));
  const { waitMs = DEFAULT_WAIT_MS } = subject;
  const cookie = subject.visitor && new VisitorCookie(subject.visitor, edgeKey, memory);
  return {
    identifier: new Identifier({ ways, waitMs, clock, late: () => refused('any', 'late') }),
    visitors: cookie && new Visitors({ cookie, callers, clock, mayLink }),
  };
}

function countRefusals(registry: Registry): WayParts['refused'] {
  const counter = new Counter({
    name: 'banyan_edge_identity_refused_total',
    help: 'Credentials that were looked at and not taken, by way and reason; late: nobody could tell in time.',
    labelNames: ['way', 'reason'],
    registers: [registry],
  });
  return (way, reason) => counter.inc({ way, reason });
}

function openWay(options: WayOptions, parts: WayParts): IdentityWay {
  const { callers, clock, log, memory } = parts;
  const refused = (reason: string): void => parts.refused(options.way, reason);
  switch (options.way) {
    case 'jwt': {
      const keys = new KeySet({ url: options.jwks, clock, log });
      return new JwtWay({ options, keys, callers, clock, memory, refused });
    }
    case 'api-key':
      return new ApiKeyWay({ options, callers, clock, log, refused });
    case 'session':
      return openSession(options, parts);
  }
}

function openSession(options: Extract<WayOptions, { way: 'session' }>, parts: WayParts): IdentityWay {
  const { cookie, introspection } = options;
  const { callers, clock, log, memory } = parts;
  if (introspection) {
    const asked = new Introspection({ options: introspection, cookie, clock, log, memory });
    return new IntrospectedSession({ cookie, introspection: asked, callers, mayBeGenuine: genuine(options, clock) });
  }
  if (options.format === 'opaque') return new OpaqueSession(cookie, callers);
  return new SignedSession({ cookie, secret: options.secret, callers, clock, memory });
}

/** A signed cookie that is forged or expired is nobody's; the monolith need not be asked. */
function genuine(options: Extract<WayOptions, { way: 'session' }>, clock: Clock): (value: string) => boolean {
  if (options.format === 'opaque') return () => true;
  const { secret } = options;
  return (value) => (verifySession(value, secret)?.expiresAtMs ?? 0) > clock.now();
}
