import { otherThan, UNIT, viewOf, type ModelWorld } from './model-world.fixture.ts';

/** What must hold at every moment. */
export function unsafe(world: ModelWorld): string | undefined {
  const { record } = world;
  if (world.admits('legacy') && world.admits('service')) return 'invariant 2: both sides admit writes';
  const lost = world.tokens().find((token) => world.copies(record.owner, token) === 0);
  if (lost !== undefined) return `invariant 3: token ${lost} is not on ${record.owner}, which owns the rows`;
  const twice = world.tokens().find((token) => world.copies(record.owner, token) > 1);
  if (twice !== undefined) return `invariant 3: token ${twice} is twice on ${record.owner}`;
  for (const edge of world.edges) {
    const { owner } = viewOf(edge);
    const stale = edge.acknowledged.find((token) => world.copies(owner, token) === 0);
    if (stale !== undefined) return `invariant 1: a subject reads from ${owner}, which lacks their write ${stale}`;
  }
  return undefined;
}

/** What must hold once everybody has ended; `promised` is the stage the operator was told. */
export function unsettled(world: ModelWorld, promised: string | undefined): string | undefined {
  const { record, edges } = world;
  if (record.handover) return 'a handover is left over';
  if (promised !== undefined && record.stage.name !== promised)
    return `invariant 8: the operator was told ${promised}, it is ${record.stage.name}`;
  if (!world.admits(record.owner)) return `invariant 8: ${record.owner} owns the rows and may not write`;
  if (world.admits(otherThan(record.owner))) return 'invariant 2: the other side may write too';
  for (const edge of edges) {
    if (viewOf(edge).epoch !== record.epoch) return `an edge is left at epoch ${viewOf(edge).epoch}`;
    const before = edge.refused;
    world.admitWrite(edge);
    world.executeWrite(edge);
    if (edge.refused > before) return `a write of ${UNIT} is refused after the end`;
  }
  return undefined;
}
