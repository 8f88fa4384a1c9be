import type { Plan } from '../cutover/index.ts';
import type { AnswerRules, EdgeOptions, SubjectOptions } from '../edge/index.ts';
import { readPairs } from '../shared/index.ts';
import { listOf, type GatewaySettings } from './gateway.ts';

/** What settings and plans say of answers. The session cookie is legacy's: whoever else sets it would log users out. */
export function answersOf(
  settings: GatewaySettings,
  plans: readonly Plan[],
  { ways }: SubjectOptions,
): Pick<EdgeOptions, 'references' | 'answers' | 'cookieOwners'> {
  const { BANYAN_REFERENCES: references, BANYAN_COOKIE_OWNERS: owners } = settings;
  const sessions = ways.flatMap((way) => (way.way === 'session' ? [[way.cookie, 'legacy'] as const] : []));
  return {
    ...(references !== 'off' && { references }),
    answers: {
      ...legacyRules(settings),
      ...Object.fromEntries(plans.flatMap(({ unit, service }) => (service.answers ? [[unit, service.answers]] : []))),
    },
    cookieOwners: { ...Object.fromEntries(sessions), ...readPairs(owners) },
  };
}

function legacyRules(settings: GatewaySettings): { legacy?: AnswerRules } {
  const origins = listOf(settings.LEGACY_ORIGINS);
  const cookieDomains = readPairs(settings.LEGACY_COOKIE_DOMAINS) ?? {};
  const cookiePaths = readPairs(settings.LEGACY_COOKIE_PATHS) ?? {};
  const isEmpty = origins.length + Object.keys(cookieDomains).length + Object.keys(cookiePaths).length === 0;
  return isEmpty ? {} : { legacy: { origins, cookieDomains, cookiePaths } };
}
