import Table from 'cli-table3';

export interface Output {
  readonly json: boolean;
  readonly stream: NodeJS.WriteStream;
}

const plain = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** A table without frames: readable on a terminal, and columns for `awk` when piped. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const drawn = new Table({
    head: [...head],
    chars: plain,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) drawn.push([...row]);
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Prints the value as one line of JSON, or as the text a person reads. */
export function print(output: Output, value: unknown, text: string): void {
  output.stream.write(output.json ? `${JSON.stringify(value)}\n` : `${text}\n`);
}

/** How fast rows come, when the last is there, and what they wait for if they do not come. */
export interface Pace {
  readonly rowsPerS: number;
  readonly etaS?: number;
  readonly waitsFor?: string;
}

/** A line that rewrites itself on a terminal; piped, nothing is written until the end. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  /** Where it was when it was shown first: what an earlier run did says nothing about the rate of this one. */
  #first: { readonly at: number; readonly done: number } | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** `pace` where the work itself knows it; else it is reckoned from what was shown. */
  show(label: string, done: number, total: number, pace?: Pace): void {
    if (!this.#stream.isTTY) return;
    this.#first ??= { at: Date.now(), done };
    const seconds = Math.max(0.001, (Date.now() - this.#first.at) / 1000);
    const rate = pace?.rowsPerS ?? (done - this.#first.done) / seconds;
    const percent = total > 0 ? Math.min(100, (100 * done) / total) : 0;
    const etaS = pace ? pace.etaS : rate > 0 && total > done ? Math.ceil((total - done) / rate) : undefined;
    const left = pace?.waitsFor ?? (etaS === undefined ? '' : `${etaS} s left`);
    const bar = '█'.repeat(Math.round(percent / 5)).padEnd(20, '░');
    const count = `${done.toLocaleString('en')} of ${Math.max(done, total).toLocaleString('en')}`;
    this.#stream.write(
      `\r\u001b[2K${label} ${bar} ${percent.toFixed(0)} %  ${count}  ${Math.round(rate).toLocaleString('en')}/s  ${left}`,
    );
  }

  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\u001b[2K');
  }
}

/** Until Ctrl-C. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
