import type { CompiledRoute } from '../decide/unit-gate.ts';
import type { TokenSource } from '../identify/identity-token.ts';
import type { Journey } from '../journey.ts';
import type { Target } from '../targets/target.ts';

/** One read as it was sent, to be asked again. */
export interface Mirrored {
  readonly control: Target;
  readonly candidate: Target;
  /** As in a plan: `GET /api/trips/{id}`. */
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  /** What the candidate is told of who asks, each time. */
  readonly identity: TokenSource;
  /** Whose it is. */
  readonly subject: string;
  /** How long control took to begin its answer. */
  readonly controlMs: number;
}

export function mirroredRead(journey: Journey, route: CompiledRoute, identity: TokenSource): Mirrored {
  const { method, clean, legacy: control, caller, headAt, sentAt } = journey;
  return {
    control,
    candidate: route.target,
    route: route.key,
    method,
    path: clean.target,
    headers: clean.headers.list,
    identity,
    subject: caller?.subject.id ?? '',
    controlMs: Math.max(0, headAt - sentAt),
  };
}
