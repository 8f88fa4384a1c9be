import type { ClientResponse } from '../client.ts';

/** Half of the places for the routes of units, half for the corners of everything else. */
const PLACES = 512;
const HALF = PLACES / 2;
const CORNER_CHARACTERS = 64;

export interface BulkheadLimits {
  /** Requests of one place that may be under way at a time. */
  readonly room: number;
  /** How many may wait in all, and how long each. */
  readonly queue: number;
  readonly waitMs: number;
}

interface Waiting {
  readonly response: ClientResponse;
  readonly go: (mayGo: boolean) => void;
}

/**
 * Keeps one slow route from taking every connection to an endpoint: so many requests of one place may be under way at a
 * time, the next ones wait for one of their own to end. Places are few, so that all of them fit into one small array;
 * two that fall on the same one share its room.
 */
export class Bulkhead {
  readonly #limits: BulkheadLimits;
  readonly #underWay = new Uint16Array(PLACES);
  readonly #waiting = new Map<number, Waiting[]>();
  #waitingInAll = 0;

  constructor(limits: BulkheadLimits) {
    this.#limits = limits;
  }

  /** True when the request may go on now; it has to leave then. */
  enter(place: number): boolean {
    const underWay = this.#underWay[place] ?? 0;
    if (underWay >= this.#limits.room) return false;
    this.#underWay[place] = underWay + 1;
    return true;
  }

  leave(place: number): void {
    const next = this.#nextAt(place);
    if (next) next.go(true);
    else this.#underWay[place] = (this.#underWay[place] ?? 1) - 1;
  }

  /** Waits for room. True: as if entered. False: it took too long, or too many wait already. */
  wait(place: number, response: ClientResponse): Promise<boolean> {
    if (this.#waitingInAll >= this.#limits.queue) return Promise.resolve(false);
    this.#waitingInAll++;
    return new Promise((resolve) => {
      const queue = this.#waiting.get(place) ?? [];
      const go = (mayGo: boolean): void => {
        clearTimeout(patience);
        this.#waitingInAll--;
        resolve(mayGo);
      };
      const waiting = { response, go };
      const patience = setTimeout(() => {
        queue.splice(queue.indexOf(waiting), 1);
        go(false);
      }, this.#limits.waitMs);
      queue.push(waiting);
      this.#waiting.set(place, queue);
    });
  }

  /** The first whose client has not left. */
  #nextAt(place: number): Waiting | undefined {
    const queue = this.#waiting.get(place);
    for (let next = queue?.shift(); next; next = queue?.shift()) {
      if (!next.response.destroyed) return next;
      next.go(false);
    }
    this.#waiting.delete(place);
    return undefined;
  }
}

/** The place of the nth route. */
export function placeOfRoute(n: number): number {
  return n % HALF;
}

/** The place of a path no route knows: by its first two segments, which in most applications are one feature. */
export function placeOfPath(path: string): number {
  const end = Math.min(path.length, CORNER_CHARACTERS);
  let hash = 0;
  let slashes = 0;
  for (let i = 0; i < end; i++) {
    const code = path.charCodeAt(i);
    if (code === 47 && ++slashes === 3) break;
    hash = (hash * 31 + code) | 0;
  }
  return HALF + (hash & (HALF - 1));
}
