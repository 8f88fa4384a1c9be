import { z } from 'zod';

const text = z.string().min(1);
const ms = z.number().int().positive();
const count = z.number().int().min(1);
const percent = z.number().min(0).max(100);
const dns = { servers: z.array(text).optional().describe('host:port of name servers'), everyMs: ms.optional() };

/** Where the endpoints of a target come from. */
const endpoints = z
  .discriminatedUnion('from', [
    z.strictObject({ from: z.literal('list'), urls: z.array(text).min(1) }),
    z.strictObject({ from: z.literal('dns'), ...dns }).describe('every A and AAAA record of the host of url'),
    z.strictObject({ from: z.literal('srv'), name: text, ...dns }),
    z.strictObject({ from: z.literal('file'), path: text }).describe('a JSON list of URLs, or of {url, weight}'),
    z.strictObject({ from: z.literal('registration') }).describe('those that register at the control API'),
  ])
  .describe('several endpoints; without it url is the only one');

const healthCheck = z.strictObject({
  path: text.startsWith('/'),
  everyMs: ms.optional(),
  timeoutMs: ms.optional(),
  healthyAfter: count.optional(),
  unhealthyAfter: count.optional(),
});

const outliers = z.strictObject({
  consecutiveFailures: z.number().int().min(0).optional(),
  sweepMs: ms.optional(),
  ejectMs: ms.optional(),
  maxEjectMs: ms.optional(),
  maxEjectedPercent: percent.optional(),
  deviations: z.number().positive().optional(),
  minEndpoints: count.optional(),
  minCalls: count.optional(),
});

/** What can be said of a target besides its URL; of a service in its plan, of legacy in edge.yaml. */
export const targetShape = {
  endpoints: endpoints.optional(),
  healthCheck: healthCheck.optional().describe('asked of every endpoint; any 2xx is healthy'),
  outliers: outliers.optional().describe('when an endpoint that fails while the others do not is left out for a time'),
};

/** When the requests of a route are kept away from a service that fails them. */
export const breakerSchema = z.strictObject({
  minCalls: count.optional(),
  failurePercent: percent.optional(),
  slowMs: ms.optional(),
  slowPercent: percent.optional(),
  connectFailures: count.optional(),
  openMs: ms.optional(),
  maxOpenMs: ms.optional(),
  probes: count.optional(),
  counts500: z.boolean().optional(),
});
