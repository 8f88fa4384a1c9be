import { ApiClient } from '../shared/index.ts';
import { cliErrors } from './errors.ts';

/** Talks to the control API of a running banyan. */
export function createControlClient(url: string, token: string): ApiClient {
  return new ApiClient({
    url,
    token,
    unreachable: (facts) => cliErrors.error('CLI_UNREACHABLE', facts),
    interrupted: () =>
      cliErrors.error('CLI_INTERRUPTED', {
        message: 'interrupted; steps before the point of no return were taken back',
      }),
  });
}
