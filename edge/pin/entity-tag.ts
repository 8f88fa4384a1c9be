import type { HeaderLines } from '../hygiene/header-lines.ts';

/**
 * Stands at the end of each entity tag the service gave. Two implementations may give one tag to different bytes; so
 * marked, a tag says whose it is, to any cache and on any edge, and legacy's stay as they are.
 */
const MARK = '~banyan';
const TAG = /(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g;

/** The lines of an answer of the service, its entity tag marked. What is no entity tag stays as it is. */
export function withMarkedTag(headers: HeaderLines): HeaderLines {
  return headers.replaced('etag', (value) => (isTag(value) ? `${value.slice(0, -1)}${MARK}"` : value));
}

/** The tags of a list that are of one side, as that side knows them. */
export function tagsOf(list: string, side: 'legacy' | 'service'): string[] {
  const tags = list.match(TAG) ?? [];
  return tags.filter((tag) => isMarked(tag) === (side === 'service')).map(unmarked);
}

/** All tags of a list, as the sides that gave them know them. */
export function unmarkedTags(list: string): string {
  return list.replaceAll(TAG, unmarked);
}

export function isTag(value: string): boolean {
  return value.replace(TAG, '') === '' && value !== '';
}

export function isMarked(tag: string): boolean {
  return tag.endsWith(`${MARK}"`);
}

function unmarked(tag: string): string {
  return isMarked(tag) ? `${tag.slice(0, -MARK.length - 1)}"` : tag;
}
