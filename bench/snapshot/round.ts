/** One copy of the whole table. */
export interface Round {
  readonly ms: number;
  /** Peak of the processes that copy; the servers not counted. */
  readonly rssMb: number;
  /** Of the copying process, where it is known. */
  readonly cpuS?: number;
}

export interface Peer {
  readonly name: string;
  readonly rowsPerS: number;
  /** Slowest and fastest round. */
  readonly spread: readonly [number, number];
  readonly rssMb: number;
}

export function peerOf(name: string, rows: number, rounds: readonly Round[]): Peer {
  const rates = rounds.map(({ ms }) => Math.round((rows / ms) * 1000)).toSorted((a, b) => a - b);
  return {
    name,
    rowsPerS: medianOf(rates),
    spread: [rates[0] ?? 0, rates.at(-1) ?? 0],
    rssMb: Math.round(Math.max(...rounds.map(({ rssMb }) => rssMb))),
  };
}

/** Of an even number: the mean of the two in the middle. */
function medianOf(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2;
  return Math.round(((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2);
}
