import type { EffectJudge, EffectVerdict, Preparation } from '../../edge/index.ts';
import type { ApiClient } from '../../shared/index.ts';
import type { UnitEffects } from './unit-effects.ts';

/** The judge of units in this process. */
export function localJudge(units: ReadonlyMap<string, { readonly effects: UnitEffects | undefined }>): EffectJudge {
  const effectsOf = (unit: string): UnitEffects | undefined => units.get(unit)?.effects;
  return {
    prepare: (write) => Promise.resolve(effectsOf(write.unit)?.prepare(write) ?? { kind: 'not-found' }),
    judge: (write) => effectsOf(write.unit)?.judge(write) ?? Promise.resolve('not-found' as const),
  };
}

const LIMIT_MS = 5_000;
/** What is asked over a network is a little older when it arrives. */
const ON_THE_WAY_MS = 20;

/** The judge in a sync process elsewhere. */
export function remoteJudge(client: ApiClient): EffectJudge {
  const call = async <T>(unit: string, name: string, body: object): Promise<T | undefined> => {
    const path = `/v1/units/${encodeURIComponent(unit)}/${name}`;
    return (await client.post<{ result: T | null }>(path, body, { timeoutMs: LIMIT_MS })).result ?? undefined;
  };
  return {
    prepare: async ({ ageMs, ...write }) => {
      const older = { ...write, ageMs: ageMs + ON_THE_WAY_MS };
      return (await call<Preparation>(write.unit, 'prepare-effects', older)) ?? { kind: 'not-found' };
    },
    judge: async (write) => (await call<EffectVerdict>(write.unit, 'judge-effects', write)) ?? 'not-found',
  };
}
