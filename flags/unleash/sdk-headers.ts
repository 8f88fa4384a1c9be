import { randomUUID } from 'node:crypto';

/** The specification of unleash-client, which evaluates what we fetch: the server leaves segments as they are then. */
const SPECIFICATION = '5.2.0';

/** What an SDK tells an Unleash server about itself with every request. */
export function sdkHeaders(options: { token: string; appName: string; refreshMs: number }): Record<string, string> {
  const { token, appName, refreshMs } = options;
  return {
    authorization: token,
    'unleash-appname': appName,
    'unleash-connection-id': randomUUID(),
    'unleash-sdk': 'banyan',
    'unleash-client-spec': SPECIFICATION,
    'unleash-interval': String(refreshMs),
  };
}
