import { messageOf } from '../../shared/index.ts';
import type { Bench } from './bench.ts';
import { FORWARDERS, type Case, type ForwarderName } from './case.ts';
import { withEdge } from './edge-bench.ts';

/** What came of a case at the edge. */
export interface Result {
  readonly passed: boolean;
  /** What the edge did; told per forwarder where they differ. */
  readonly got: string;
}

export async function runCase(one: Case): Promise<Result> {
  const told: string[] = [];
  let passed = true;
  for (const forwarder of one.forwarders ?? FORWARDERS) {
    const line = await withEdge(one, forwarder, (bench) => probe(one, bench));
    const isRight = line === expectationOf(one, forwarder);
    passed &&= isRight;
    if (!told.includes(line)) told.push(isRight || told.length === 0 ? line : `${forwarder}: ${line}`);
  }
  return { passed, got: told.join(' | ') };
}

/** What the case must yield with this forwarder. */
export function expectationOf(one: Case, forwarder: ForwarderName): string {
  return one.exceptions?.[forwarder]?.expects ?? one.expects;
}

/** A probe that throws has told that, too. */
export async function probe(one: Case, bench: Bench): Promise<string> {
  try {
    return await one.probe(bench);
  } catch (error) {
    return `the probe failed: ${messageOf(error)}`;
  }
}
