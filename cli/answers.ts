import type { Plan } from '../cutover/index.ts';
import type { AnswerRules, EdgeOptions, SubjectOptions } from '../edge/index.ts';
import { readPairs } from '../shared/index.ts';
import { listOf, type GatewaySettings } from './gateway.ts';

/** What the settings say of answers. The session cookie is legacy's: whoever else sets it would log users out. */
export function answersOf(
  { BANYAN_REFERENCES: references, BANYAN_COOKIE_OWNERS: owners }: GatewaySettings,
  { ways }: SubjectOptions,
): Pick<EdgeOptions, 'references' | 'cookieOwners'> {
  const sessions = ways.flatMap((way) => (way.way === 'session' ? [[way.cookie, 'legacy'] as const] : []));
  return {
    ...(references !== 'off' && { references }),
    cookieOwners: { ...Object.fromEntries(sessions), ...readPairs(owners) },
  };
}

/** What is known of the answers of each target: legacy's by the settings, a service's by its plan. */
export function rulesOfAnswers(
  settings: GatewaySettings,
  plans: readonly Plan[],
): Readonly<Record<string, AnswerRules>> {
  const ofServices = plans.flatMap(({ unit, service }) => (service.answers ? [[unit, service.answers] as const] : []));
  return { ...legacyRules(settings), ...Object.fromEntries(ofServices) };
}

function legacyRules(settings: GatewaySettings): { legacy?: AnswerRules } {
  const origins = listOf(settings.LEGACY_ORIGINS);
  const cookieDomains = readPairs(settings.LEGACY_COOKIE_DOMAINS) ?? {};
  const cookiePaths = readPairs(settings.LEGACY_COOKIE_PATHS) ?? {};
  const isEmpty = origins.length + Object.keys(cookieDomains).length + Object.keys(cookiePaths).length === 0;
  return isEmpty ? {} : { legacy: { origins, cookieDomains, cookiePaths } };
}
