import type { Plan } from '../cutover/index.ts';
import { parseRate, type EdgeOptions, type RateRule, type Route } from '../edge/index.ts';
import type { SettingsOf } from '../shared/index.ts';
import type { gatewaySettings } from './gateway-settings.ts';

export type GatewaySettings = SettingsOf<typeof gatewaySettings>;

/** What the settings say of all requests. */
export function gatewayOf(
  settings: GatewaySettings,
): Pick<EdgeOptions, 'trustedProxies' | 'limits' | 'rates' | 'rateDatabaseUrl'> {
  const { BANYAN_MAX_BODY_BYTES: maxBodyBytes, BANYAN_RATE_DATABASE_URL: rateDatabaseUrl } = settings;
  return {
    trustedProxies: listOf(settings.BANYAN_TRUSTED_PROXIES),
    limits: maxBodyBytes > 0 ? { maxBodyBytes } : {},
    rates: [
      ...ruleOf('subject', settings.BANYAN_RATE_PER_SUBJECT),
      ...ruleOf('address', settings.BANYAN_RATE_PER_ADDRESS),
    ],
    ...(rateDatabaseUrl !== '' && { rateDatabaseUrl }),
  };
}

/** What the plan says of one route in place of that, or on top. */
export function limitsOf(
  plan: Plan,
  route: { readonly method: string; readonly path: string },
): Pick<Route, 'deadlineMs' | 'maxBodyBytes' | 'rates'> {
  const limit = plan.limits.find(({ method, path }) => method === route.method && path === route.path);
  if (!limit) return {};
  const { deadlineMs, maxBodyBytes, rates } = limit;
  return {
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(maxBodyBytes !== undefined && { maxBodyBytes }),
    ...(rates && { rates }),
  };
}

function ruleOf(per: RateRule['per'], text: string): RateRule[] {
  const rate = parseRate(text);
  return rate ? [{ per, ...rate }] : [];
}

export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
