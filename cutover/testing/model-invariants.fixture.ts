import { otherThan, ownerOf, UNIT, viewOf, type ModelEdge, type ModelWorld } from './model-world.fixture.ts';

/** What must hold at every moment. */
export function unsafe(world: ModelWorld): string | undefined {
  const { record } = world;
  const both = world.owners.find((key) => world.admits('legacy', key) && world.admits('service', key));
  if (both !== undefined) return `invariant 2: both sides admit writes of ${both}`;
  for (const token of world.tokens()) {
    const owner = ownerOf(record, world.keyOf(token));
    const copies = world.copies(owner, token);
    if (copies === 0) return `invariant 3: token ${token} is not on ${owner}, which owns the row`;
    if (copies > 1) return `invariant 3: token ${token} is twice on ${owner}`;
  }
  return world.edges.map((edge) => stale(world, edge)).find(Boolean) ?? stopped(world);
}

function stale(world: ModelWorld, edge: ModelEdge): string | undefined {
  for (const token of edge.acknowledged) {
    const owner = ownerOf(viewOf(edge), world.keyOf(token));
    if (world.copies(owner, token) === 0)
      return `invariant 1: a subject reads from ${owner}, which lacks their write ${token}`;
  }
  return undefined;
}

/** Whoever does not move writes on. */
function stopped(world: ModelWorld): string | undefined {
  const isHeld = (key: string): boolean => world.edges.some(({ held }) => held.includes(key));
  const key = world.bystanders.find((one) => !world.admits(world.record.owner, one) || isHeld(one));
  return key && `the writes of ${key} are stopped by a handover of others`;
}

/** What must hold once everybody has ended; `promised` is where the operator was told that it is. */
export function unsettled(world: ModelWorld, promised: string | undefined): string | undefined {
  const { record, edges } = world;
  if (record.handover) return 'a handover is left over';
  if (promised !== undefined && world.whereabouts() !== promised)
    return `invariant 8: the operator was told ${promised}, it is ${world.whereabouts()}`;
  for (const key of world.owners) {
    const owner = ownerOf(record, key);
    if (!world.admits(owner, key)) return `invariant 8: ${owner} owns the rows of ${key} and may not write`;
    if (world.admits(otherThan(owner), key)) return `invariant 2: the other side may write rows of ${key} too`;
  }
  return edges.map((edge) => shut(world, edge)).find(Boolean);
}

function shut(world: ModelWorld, edge: ModelEdge): string | undefined {
  if (viewOf(edge).epoch !== world.record.epoch) return `an edge is left at epoch ${viewOf(edge).epoch}`;
  if (edge.held.length > 0) return `an edge still holds writes of ${edge.held.join(', ')}`;
  const before = edge.refused;
  for (const key of world.owners) {
    world.admitWrite(edge, key);
    world.executeWrite(edge);
  }
  return edge.refused > before ? `a write of ${UNIT} is refused after the end` : undefined;
}
