import { otherSide, type Side } from '../decide/unit-state.ts';
import type { HeaderLines } from '../hygiene/header-lines.ts';
import { isMarked, isTag, tagsOf, unmarkedTags } from './entity-tag.ts';

/** What only makes sense at the side that gave the beginning. */
const CONTINUING = ['range', 'if-range', 'last-event-id'];
const REVALIDATING = ['if-none-match', 'if-modified-since'];

/** The side whose entity tag a range is asked for under; undefined when it has none, or a date. */
export function sideOfRange(headers: HeaderLines): Side | undefined {
  const tag = headers.value('if-range');
  if (tag === undefined || !isTag(tag)) return undefined;
  return isMarked(tag) ? 'service' : 'legacy';
}

/**
 * The headers of a conditional request as the target may see them: entity tags as it gave them itself and none of the
 * other side's. A continuation of what the other side began becomes a request for the whole, which is always a right
 * answer. `began`: the side that gave the beginning, where it is known.
 */
export function conditionsFor(headers: HeaderLines, target: Side, began: Side | undefined): HeaderLines {
  const isForeign = began === otherSide(target);
  const own = isForeign ? headers.without(CONTINUING) : headers.replaced('if-range', unmarkedTags);
  return revalidation(own.replaced('if-match', unmarkedTags), target);
}

/** A date that stood behind foreign tags would count without them: it goes with them. */
function revalidation(headers: HeaderLines, target: Side): HeaderLines {
  const list = headers.value('if-none-match');
  if (list === undefined || list === '*') return headers;
  const tags = tagsOf(list, target);
  return tags.length > 0 ? headers.replaced('if-none-match', () => tags.join(', ')) : headers.without(REVALIDATING);
}
