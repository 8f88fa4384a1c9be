import { z } from 'zod';
import { JWT_ALGORITHMS } from '../../edge/index.ts';

const text = z.string().min(1);
const url = z.url({ protocol: /^https?$/ });
const cookieName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'expected the name of a cookie');
const headerName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'expected the name of a header in lower case')
  .refine((name) => !/^(x-banyan-|x-user-|x-forwarded-|x-strangler-)/.test(name), 'expected a header that is let in');

const introspection = z
  .strictObject({
    url: url.describe('a route of the monolith that answers who is logged in; called with the session cookie'),
    id: text.default('id').describe('where its JSON holds the user’s id: id, or user.id'),
    tenant: text.optional().describe('where it holds the tenant'),
    cacheMs: z.number().int().min(0).max(60_000).optional().describe('how long an answer counts; 1000 by default'),
    timeoutMs: z.number().int().min(1).max(10_000).optional(),
    logout: z
      .array(z.strictObject({ method: z.enum(['GET', 'POST', 'DELETE']), path: text }))
      .optional()
      .describe('routes that end the session: it is forgotten as soon as one is answered'),
  })
  .describe('without it the services are not told whose an opaque session is, and no logout is noticed');

const session = z.strictObject({
  way: z.literal('session'),
  cookie: cookieName,
  format: z.enum(['signed-user-id', 'opaque']).describe('signed-user-id is verified with SESSION_SECRET'),
  introspection: introspection.optional(),
});

const jwt = z.strictObject({
  way: z.literal('jwt'),
  issuer: text,
  audience: text,
  jwks: url.describe('where the issuer publishes its keys'),
  algorithms: z.array(z.enum(JWT_ALGORITHMS)).min(1).default(['RS256', 'ES256', 'EdDSA']),
  cookie: cookieName.optional().describe('the cookie that holds the token; Authorization: Bearer when left out'),
  tenantClaim: text.optional(),
  clockToleranceS: z.number().int().min(0).max(300).optional(),
});

const apiKey = z.strictObject({
  way: z.literal('api-key'),
  header: headerName.default('x-api-key'),
  file: text.describe('{"keys":[{"id","sha256","tenant"?,"expires"?}]}; watched'),
});

/** Who a request belongs to. One edge serves all units and a request has one subject, so this is no part of a plan. */
export const subjectsSchema = z.strictObject({
  ways: z
    .array(z.discriminatedUnion('way', [session, jwt, apiKey]))
    .min(1)
    .describe('asked in this order; the first that can verify something says who it is'),
  by: z.enum(['user', 'tenant']).default('user').describe('whose side counts where a tenant is known'),
  visitor: z
    .strictObject({
      cookie: cookieName.default('banyan_visitor'),
      secure: z.boolean().default(true).describe('false only where the public address is not https'),
    })
    .optional()
    .describe('recognises people who are not logged in by a cookie of the edge; sealed with BANYAN_EDGE_KEY'),
  waitMs: z.number().int().min(1).max(10_000).optional().describe('how long a request may wait to learn whose it is'),
});

export type Subjects = z.infer<typeof subjectsSchema>;

/** The schema that editors use for completion, from the same declaration that validates. */
export function subjectsJsonSchema(): Record<string, unknown> {
  return { title: 'Who calls', ...z.toJSONSchema(subjectsSchema, { io: 'input' }) };
}
