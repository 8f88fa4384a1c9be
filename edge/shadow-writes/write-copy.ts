import { isBodyKept, wholeBodyOf } from '../forward/request-body.ts';
import type { TokenSource } from '../identify/identity-token.ts';
import type { Journey } from '../journey.ts';
import type { CompiledRoute } from '../decide/unit-gate.ts';
import type { Answer } from '../shadow/compare/answer.ts';
import type { Target } from '../targets/target.ts';
import type { WriteShadow } from './contract.ts';

/** A write as it was sent, and what legacy said. */
export interface WriteCopy {
  readonly mode: WriteShadow;
  readonly route: string;
  readonly candidate: Target;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: Buffer | undefined;
  readonly identity: TokenSource;
  readonly id: string | undefined;
  /** `performance.now()`, when it came. */
  readonly startedAt: number;
  readonly status: number;
}

/** Undefined when its body went by and was not kept. */
export function copyOfWrite(
  journey: Journey,
  route: CompiledRoute,
  control: Answer,
  identity: TokenSource,
): WriteCopy | undefined {
  const { request, bodyBytes, method, clean, startedAt } = journey;
  if (!route.shadow || !isBodyKept(request, bodyBytes)) return undefined;
  return {
    mode: route.shadow,
    route: `${route.method} ${route.path}`,
    candidate: route.target,
    method,
    path: clean.target,
    headers: clean.headers.list,
    body: bodyBytes === 0 ? undefined : wholeBodyOf(journey),
    identity,
    id: route.created === undefined ? journey.entity?.split('/')[1] : createdId(control, route.created),
    startedAt,
    status: control.status,
  };
}

/** What an answer of JSON has at a path such as `$.trip.id`. */
function createdId({ body }: Answer, path: string): string | undefined {
  try {
    const steps = path.split('.').slice(1);
    const found = steps.reduce(
      (value: unknown, step) => (value as Record<string, unknown>)[step],
      JSON.parse(String(body)),
    );
    return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined;
  } catch {
    return undefined;
  }
}
