import type { Express } from 'express';
import { z } from 'zod';
import { cutoverErrors } from '../errors.ts';
import { answerError, createApi } from '../remote/http-api.ts';
import type { EndpointDirectory } from './endpoint-directory.ts';

export interface EndpointApiParts {
  readonly directory: EndpointDirectory;
  /** What endpoints show; it allows nothing else. */
  readonly token: string;
  /** The targets whose endpoints come from registration. */
  readonly targets: () => ReadonlySet<string>;
  /** Why no target may be at a URL; undefined when one may. */
  readonly problemOf: (url: string) => string | undefined;
}

const where = z.strictObject({ url: z.url().max(255) });
const registration = where.extend({
  weight: z.number().int().min(1).max(1000).default(1),
  leaseMs: z.number().int().min(1_000).max(300_000).default(10_000),
});

/**
 * Where endpoints say that they are there: `PUT /<target>` with `{url, weight, leaseMs}`, again before the lease ends, and
 * `DELETE /<target>` with `{url}` on leaving. An endpoint that falls silent is gone when its lease ends.
 */
export function createEndpointApi({ directory, token, targets, problemOf }: EndpointApiParts): Express {
  const app = createApi(token);
  const check = (target: string, url: string): void => {
    const problem = targets().has(target) ? problemOf(url) : undefined;
    if (!targets().has(target)) throw refused(`the endpoints of "${target}" do not come from registration`);
    if (problem !== undefined) throw refused(`"${url}" is ${problem}`);
  };
  app.put('/:target', async (request, response) => {
    const { url, weight, leaseMs } = registration.parse(request.body);
    const { target } = request.params;
    check(target, url);
    await directory.renew({ target, url, weight }, leaseMs);
    response.json({ result: { leaseMs } });
  });
  app.delete('/:target', async (request, response) => {
    await directory.leave(request.params.target, where.parse(request.body).url);
    response.json({ result: { left: true } });
  });
  app.use(answerError);
  return app;
}

function refused(message: string): Error {
  return cutoverErrors.error('ENDPOINT_REFUSED', { message });
}
