import type { CompiledRoute } from '../decide/unit-gate.ts';
import type { Journey } from '../journey.ts';
import type { Target } from '../targets/target.ts';

/** One read as it was sent, to be asked again. */
export interface Mirrored {
  readonly control: Target;
  readonly candidate: Target;
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  /** What the candidate is told of who asks. */
  readonly identity: string | undefined;
}

export function mirroredRead(journey: Journey, route: CompiledRoute, identity: string | undefined): Mirrored {
  const { method, clean, legacy: control } = journey;
  const path = clean.target;
  const headers = clean.headers.list;
  return { control, candidate: route.target, route: route.path, method, path, headers, identity };
}
