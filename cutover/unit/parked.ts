import { z } from 'zod';
import { cdcErrors, type Park, type ParkedDetail, type ReplaySummary } from '../../cdc/index.ts';

/** What can be asked about the changes of a unit that wait; travels as JSON. */
export const parkedRequest = z.strictObject({
  verb: z.enum(['list', 'show', 'replay', 'drop']),
  /** As `list` shows it, such as forward-17; without one all are meant. `show` needs one. */
  id: z.string().optional(),
  /** Shows contents as they are. */
  unmask: z.boolean().default(false),
  dryRun: z.boolean().default(false),
});

export type ParkedRequest = z.output<typeof parkedRequest>;

/** `items`: what waits, what is shown or what was dropped. Only `show` gives contents. */
export interface ParkedAnswer extends Partial<ReplaySummary> {
  readonly items: readonly ParkedDetail[];
}

type Direction = 'forward' | 'reverse';
const directions = ['forward', 'reverse'] as const;
const named = /^(forward|reverse)-(.+)$/;

/** Both directions of a unit as one park: ids carry the direction in front. */
export async function askParks(
  parks: Readonly<Record<Direction, Park>>,
  request: ParkedRequest,
): Promise<ParkedAnswer> {
  const { id } = request;
  if (id !== undefined) {
    const [, direction, own] = named.exec(id) ?? misnamed(id);
    return ask(parks, direction as Direction, own, request);
  }
  if (request.verb === 'show') misnamed('');
  const answers: ParkedAnswer[] = [];
  for (const direction of directions) {
    // A direction without anything is not asked to stand still.
    if (request.verb === 'list' || (await parks[direction].count()) > 0)
      answers.push(await ask(parks, direction, undefined, request));
  }
  return {
    items: answers.flatMap(({ items }) => items),
    applied: answers.flatMap(({ applied = [] }) => applied),
    refused: answers.flatMap(({ refused = [] }) => refused),
  };
}

async function ask(
  parks: Readonly<Record<Direction, Park>>,
  direction: Direction,
  id: string | undefined,
  { verb, unmask, dryRun }: ParkedRequest,
): Promise<ParkedAnswer> {
  const park = parks[direction];
  const name = (own: string): string => `${direction}-${own}`;
  const rename = (item: ParkedDetail): ParkedDetail => ({
    ...item,
    id: name(item.id),
    ...(item.chain !== undefined && { chain: name(item.chain) }),
  });
  switch (verb) {
    case 'list':
      return { items: (await park.list()).map(rename) };
    case 'show':
      return { items: [rename(await park.show(id ?? misnamed(''), { unmask }))] };
    case 'drop':
      return { items: (await park.drop(id, { dryRun })).map(rename) };
    case 'replay': {
      const { applied, refused } = await park.replay(id, { dryRun });
      return {
        items: [],
        applied: applied.map(name),
        refused: refused.map((each) => ({ ...each, id: name(each.id) })),
      };
    }
  }
}

function misnamed(id: string): never {
  throw cdcErrors.error('CDC_PARKED_UNKNOWN', {
    message: `"${id}" is no id of a parked change; expected one such as forward-17`,
  });
}
