/** What one run of a peer took. `cpuS` counts the applying process and the server it writes to. */
export interface Round {
  readonly changes: number;
  /** So many of them, the last ones, took `ms`: what a runtime compiles at first is nobody's speed. */
  readonly timedChanges: number;
  readonly ms: number;
  readonly cpuS: number;
  readonly rssMb: number;
}

export interface PeerResult {
  readonly name: string;
  /** Median over the rounds, with the slowest and the fastest. */
  readonly changesPerS: number;
  readonly spread: readonly [number, number];
  readonly cpuUsPerChange: number;
  readonly rssMb: number;
}

/** Runs peers one after another, as often as it is told to. */
export class Rounds {
  readonly #peers: Readonly<Record<string, () => Promise<Round>>>;
  readonly #rounds = new Map<string, Round[]>();

  constructor(peers: Readonly<Record<string, () => Promise<Round>>>) {
    this.#peers = peers;
  }

  async run(): Promise<void> {
    for (const [name, peer] of Object.entries(this.#peers))
      this.#rounds.set(name, [...(this.#rounds.get(name) ?? []), await peer()]);
  }

  get results(): PeerResult[] {
    return [...this.#rounds].map(([name, rounds]) => summarise(name, rounds));
  }
}

function summarise(name: string, rounds: readonly Round[]): PeerResult {
  const rates = rounds.map(({ timedChanges, ms }) => Math.round((timedChanges / ms) * 1000));
  return {
    name,
    changesPerS: median(rates),
    spread: [Math.min(...rates), Math.max(...rates)],
    cpuUsPerChange: Number(median(rounds.map(({ changes, cpuS }) => (cpuS / changes) * 1e6)).toFixed(1)),
    rssMb: Math.round(Math.max(...rounds.map(({ rssMb }) => rssMb))),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
