import { describe, expect, it } from '@jest/globals';
import { DEFECTS } from '../../edge/testing/trips-model.fixture.ts';
import { soakShadow } from '../soak/shadow.ts';

const SEED = 20_261_121;

describe('a shadowed service, over real connections and beside noise', () => {
  it.each(Object.entries(DEFECTS))(
    'with %s fails, and is named at its route and field',
    async (_, { defect, found }) => {
      const { verdict, failed } = await soakShadow({ requests: 10_000, seed: SEED, defect, secondControl: 1 });
      expect(verdict).toMatchObject({ route: 'GET /api/trips/{id}', verdict: 'fail' });
      expect(verdict.findings.map(({ class: kind, path }) => `${kind} ${path}`)).toContain(found);
      expect(failed).toBe(0);
    },
    600_000,
  );

  it('that is correct is not accused, though its copy is always behind: lag is no mismatch', async () => {
    const soak = await soakShadow({ requests: 4_000, seed: SEED, maxLagMs: 1_000 });
    const { verdict, counts, fields, failed } = soak;
    expect({ findings: verdict.findings, failed }).toEqual({ findings: [], failed: 0 });
    // What is written while it is read is the note: older at the candidate, never called different.
    for (const note of fields.filter(({ path }) => path === '$.note'))
      expect(note).toMatchObject({ candidateOnly: 0, unpaired: 0 });
    expect(counts.lagOnly).toBeGreaterThan(0);
  }, 600_000);
});
