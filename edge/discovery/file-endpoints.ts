import { messageOf, WatchedFile, type Log } from '../../shared/index.ts';
import type { HostAllowList } from '../targets/host-allow-list.ts';
import type { Address } from '../targets/target-endpoint.ts';
import type { EndpointSource, Tell } from './endpoint-source.ts';

/**
 * Endpoints from a file that something else writes: a JSON list of URLs, or of `{"url", "weight"}`. Read again within
 * milliseconds of a change. A file that cannot be taken as a whole changes nothing.
 */
export class FileEndpoints implements EndpointSource {
  readonly #path: string;
  readonly #allowed: HostAllowList;
  readonly #log: Log;
  #file: WatchedFile | undefined;
  #seen: string | undefined;

  constructor(path: string, allowed: HostAllowList, log: Log) {
    this.#path = path;
    this.#allowed = allowed;
    this.#log = log;
  }

  start(tell: Tell): void {
    this.#file = new WatchedFile(this.#path, (text) => this.#take(text, tell));
    void this.#file.start();
  }

  async stop(): Promise<void> {
    await this.#file?.stop();
  }

  #take(text: string | undefined, tell: Tell): void {
    if (text === this.#seen && text !== undefined) return;
    this.#seen = text;
    try {
      if (text === undefined) throw new Error('there is no such file');
      tell(parseAddresses(text, this.#allowed));
    } catch (error) {
      this.#log.warn({ path: this.#path, problem: messageOf(error) }, 'endpoints unknown; the last known stay');
    }
  }
}

/** Throws with every entry that cannot be used. */
export function parseAddresses(text: string, allowed: HostAllowList): Address[] {
  const entries: unknown = JSON.parse(text);
  if (!Array.isArray(entries) || entries.length === 0)
    throw new Error('expected a JSON list of URLs, with one at least');
  const addresses = entries.map(toAddress);
  const problems = addresses.flatMap(({ url }, i) => {
    const problem = allowed.problemOf(url);
    return problem === undefined ? [] : [`entry ${i + 1} is ${problem}`];
  });
  if (problems.length > 0) throw new Error(problems.join('; '));
  return addresses;
}

function toAddress(entry: unknown): Address {
  const { url, weight = 1 } = (typeof entry === 'string' ? { url: entry } : (entry ?? {})) as Record<string, unknown>;
  const isWeight = typeof weight === 'number' && weight > 0 && weight <= 1000;
  return { url: typeof url === 'string' && isWeight ? url : '', weight: isWeight ? weight : 1 };
}
