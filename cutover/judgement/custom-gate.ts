import { z } from 'zod';
import { messageOf } from '../../shared/index.ts';
import type { GateResult, Verdict } from './gates.ts';

/** Steps forward before which a gate of the plan's own may stand. */
export const guardedSteps = ['shadow', 'canary', 'reads', 'cutover'] as const;

export type GuardedStep = (typeof guardedSteps)[number];

const shared = {
  name: z.string().regex(/^[a-z][a-z0-9 -]{0,39}$/, 'expected a short name in lower case'),
  before: z
    .array(z.enum(guardedSteps))
    .min(1)
    .exactOptional()
    .describe('reads: also before each further rung; all of them when absent'),
};
const httpGate = z.strictObject({ ...shared, url: z.url({ protocol: /^https?$/ }).describe('2xx passes') });
const queryGate = z.strictObject({
  ...shared,
  prometheus: z.url({ protocol: /^https?$/ }),
  query: z.string().min(1).describe('PromQL; its one value is compared'),
  atMost: z.number(),
});

export const customGate = z.union([httpGate, queryGate]);

export type CustomGate = z.infer<typeof customGate>;

const TIMEOUT_MS = 2_000;
const LONGEST = 64 * 1024;

/** What a gate of one's own may answer instead of a mere status. */
const answer = z.object({ verdict: z.enum(['pass', 'fail', 'inconclusive']), value: z.string().max(200).optional() });
const vector = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

/** Asks the gates that stand before a step, all at once. One that does not answer is inconclusive, never a pass. */
export function askCustomGates(unit: string, gates: readonly CustomGate[], step: string): Promise<GateResult[]> {
  return Promise.all(gatesBefore(step, gates).map((gate) => ask(unit, gate)));
}

/** The same gates while nobody asks for the step: what they would say is not known. */
export function unaskedGates(unit: string, gates: readonly CustomGate[], step: string): GateResult[] {
  return gatesBefore(step, gates).map((gate) => ({
    ...saidOf(unit, gate),
    verdict: 'inconclusive',
    value: 'asked with the step',
  }));
}

function gatesBefore(step: string, gates: readonly CustomGate[]): CustomGate[] {
  return gates.filter(({ before = guardedSteps }) => before.some((name) => name === step));
}

async function ask(unit: string, gate: CustomGate): Promise<GateResult> {
  const said = saidOf(unit, gate);
  try {
    const told = 'query' in gate ? await askPrometheus(gate) : await askHttp(gate.url);
    return { ...said, ...told };
  } catch (error) {
    return { ...said, verdict: 'inconclusive', value: reasonOf(error) };
  }
}

/** What the plan says of a gate. */
function saidOf(unit: string, gate: CustomGate): Pick<GateResult, 'gate' | 'limit' | 'next'> {
  const limit = 'query' in gate ? `at most ${gate.atMost}` : 'an answer of 2xx';
  return { gate: gate.name, limit, next: `banyan stage ${unit}` };
}

interface Told {
  readonly verdict: Verdict;
  readonly value: string;
}

/** The body counts where it says more than the status; a redirection is followed nowhere. */
async function askHttp(url: string): Promise<Told> {
  const { status, text } = await get(url);
  const said = answer.safeParse(jsonOf(text)).data;
  if (status >= 500) return { verdict: 'inconclusive', value: `answered ${status}` };
  if (status < 200 || status > 299) return { verdict: 'fail', value: said?.value ?? `answered ${status}` };
  return { verdict: said?.verdict ?? 'pass', value: said?.value ?? `answered ${status}` };
}

async function askPrometheus(gate: z.infer<typeof queryGate>): Promise<Told> {
  const url = new URL(`${gate.prometheus.replace(/\/$/, '')}/api/v1/query`);
  url.searchParams.set('query', gate.query);
  const { status, text } = await get(url.href);
  if (status !== 200) return { verdict: 'inconclusive', value: `answered ${status}` };
  const result = vector.safeParse(jsonOf(text)).data?.data.result ?? [];
  const value = Number(result[0]?.value[1]);
  if (result.length !== 1 || !Number.isFinite(value))
    return { verdict: 'inconclusive', value: `${result.length} values, expected one` };
  return { verdict: value <= gate.atMost ? 'pass' : 'fail', value: String(value) };
}

async function get(url: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString('latin1');
    if (text.length > LONGEST) throw new RangeError('the answer is longer than 64 KiB');
  }
  return { status: response.status, text: Buffer.from(text, 'latin1').toString('utf8') };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Never the address: it may hold a token. */
function reasonOf(error: unknown): string {
  const { cause } = (error ?? {}) as { cause?: { code?: unknown } };
  return `no answer: ${typeof cause?.code === 'string' ? cause.code : messageOf(error)}`;
}
