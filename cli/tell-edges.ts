import { messageOf, readSettings } from '../shared/index.ts';
import type { Context } from './context.ts';
import { edgeClient } from './peers.ts';
import { clientSettings } from './settings.ts';

const TIMEOUT_MS = 1_000;

/** What became of a word to all edges. */
export interface Told {
  /** Edges that act on it already. */
  readonly edges: number;
  /** Edges that did not answer, each with the reason. */
  readonly silent: readonly string[];
  /** False when an edge will have forgotten it after a restart. */
  readonly kept: boolean;
}

interface Answer {
  readonly kept: boolean;
}

/** Kills a unit (`*`: all), or its shadow writes, at every edge at once, or takes that back. Needs no database, no flags and no controller. */
export async function tellEdges(
  { env }: Context,
  unit: string,
  killed: boolean,
  what: 'kill' | 'shadow-writes' = 'kill',
): Promise<Told> {
  const { BANYAN_EDGE_URLS: urls, BANYAN_ADMIN_TOKEN: token } = readSettings(clientSettings, env);
  const tell = (url: string): Promise<Answer> =>
    edgeClient(url.trim(), token).post<Answer>(`/v1/${what}`, { unit, killed }, { timeoutMs: TIMEOUT_MS });
  const answers = await Promise.allSettled(urls.split(',').map(tell));
  const taken = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const silent = answers.flatMap((answer) => (answer.status === 'rejected' ? [messageOf(answer.reason)] : []));
  return { edges: taken.length, silent, kept: taken.every(({ kept }) => kept) };
}
