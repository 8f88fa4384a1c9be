import { describe, expect, it } from '@jest/globals';
import { FORWARDERS, type Case } from './case.ts';
import { catalogue } from './catalogue.ts';
import { withEdge } from './edge-bench.ts';
import { expectationOf } from './run.ts';

/** Three forwarders, and half a gigabyte through each of them, on a machine that has other things to do. */
const PATIENCE_MS = 240_000;

/** One test for each case, titled with its number. */
export function describeCases(section: string, cases: readonly Case[]): void {
  describe(`conformance, section ${section}`, () => {
    it.each(cases.map((one) => [`${one.number}. ${titleOf(one)}`, one] as const))(
      '%s',
      async (_, one) => {
        for (const forwarder of one.forwarders ?? FORWARDERS) {
          const line = await withEdge(one, forwarder, (bench) => one.probe(bench));
          expect(`${forwarder}: ${line}`).toBe(`${forwarder}: ${expectationOf(one, forwarder)}`);
        }
      },
      PATIENCE_MS,
    );
  });
}

function titleOf({ number }: Case): string {
  return catalogue[number - 1]?.title ?? '';
}
