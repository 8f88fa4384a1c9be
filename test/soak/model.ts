import { explore, type Bounds } from '../../cutover/testing/explore.fixture.ts';
import { MOVER } from '../../cutover/testing/model-world.fixture.ts';

// Walks the interleavings of a handover further than the unit tests have time for: `npm run soak:model`. Ends with the
// path to the first moment at which an invariant does not hold.

const nothing: Bounds = { writes: 0, transactions: 0, faults: 0, crashes: 0, controllers: 0, lessons: 0 };
const deeper: Partial<Bounds>[] = [
  { writes: 1, controllers: 1 },
  { writes: 1, transactions: 1, faults: 2 },
  { crashes: 1, controllers: 1, faults: 1 },
  { transactions: 1, controllers: 1, writes: 1 },
  { transactions: 1, controllers: 1, crashes: 1 },
];

const cohort = { name: 'beta', keys: [MOVER] };
const handovers = (['cutover', 'rollback'] as const).flatMap((direction) => [
  { name: direction, whose: { direction } },
  { name: `${direction} of a cohort`, whose: { direction, cohort } },
]);

for (const bounds of deeper)
  for (const { name, whose } of handovers) {
    const startedAt = performance.now();
    const { states, runs } = await explore(whose, { ...nothing, ...bounds });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${name} ${JSON.stringify(bounds)}: ${states} states, ${runs} runs, ${seconds} s`);
  }
