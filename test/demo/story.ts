/** Tells the demo in the terminal; silent with `--json`. */
export class Story {
  readonly #quiet: boolean;
  readonly #startedAt = performance.now();

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  chapter(title: string): void {
    this.#write(`\n${this.#clock()}  ${title}`);
  }

  line(text: string): void {
    for (const part of text.trimEnd().split('\n')) this.#write(`        ${part}`);
  }

  command(args: readonly string[]): void {
    this.#write(`        $ banyan ${args.map((arg) => (arg.includes(' ') ? `"${arg}"` : arg)).join(' ')}`);
  }

  elapsedS(): number {
    return Math.round((performance.now() - this.#startedAt) / 100) / 10;
  }

  #clock(): string {
    return `${this.elapsedS().toFixed(0).padStart(4)} s`;
  }

  #write(text: string): void {
    if (!this.#quiet) process.stdout.write(`${text}\n`);
  }
}
