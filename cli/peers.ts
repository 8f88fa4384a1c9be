import { cutoverErrors, termHeader } from '../cutover/index.ts';
import { ApiClient } from '../shared/index.ts';

/** Clients of the processes that a distributed banyan is made of. */
export function syncClient(url: string, token: string, term?: number): ApiClient {
  return new ApiClient({
    url,
    token,
    ...(term !== undefined && { headers: termHeader(term) }),
    unreachable: (facts) => cutoverErrors.error('CONTROL_SYNC_UNREACHABLE', facts),
  });
}

export function edgeClient(url: string, token: string): ApiClient {
  return new ApiClient({
    url,
    token,
    unreachable: (facts) => cutoverErrors.error('CONTROL_EDGE_UNREACHABLE', facts),
  });
}

export function controlClientOfEdge(url: string, token: string): ApiClient {
  return new ApiClient({
    url,
    token,
    unreachable: (facts) => cutoverErrors.error('CONTROL_API_UNREACHABLE', facts),
  });
}
