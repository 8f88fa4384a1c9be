import type { Sides, Stream } from '../../cdc/index.ts';
import type { Unit } from '../plan/load-plans.ts';
import type { Side } from '../stage.ts';
import type { StreamDirection } from '../unit/unit-runtime.ts';
import type { Places } from './places.ts';
import { opposite, sourceSide } from './unit-stream.ts';

export interface Compared {
  readonly unit: Unit;
  readonly forward: Stream;
  readonly reverse: Stream;
}

/** What a comparison reads. Forward also maps every row there and back: that is what a rollback could restore. */
export function comparisonOf(compared: Compared, places: Places, direction: StreamDirection, owner: Side): Sides {
  const source = places[sourceSide(direction)];
  const target = places[sourceSide(opposite(direction))];
  const { forward, inverse, derived } = compared.unit.mapping;
  return {
    stream: compared[direction],
    ...(owner === source.side ? {} : { peer: compared[opposite(direction)] }),
    sourceUrl: source.url,
    sourceSchema: source.schema,
    targetUrl: target.url,
    targetSchema: target.schema,
    targetTables: target.tables,
    ...(direction === 'forward'
      ? { maps: forward, inverse, ...(derived && { derived }) }
      : { maps: inverse, back: forward }),
  };
}
