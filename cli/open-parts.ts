/** What was opened, closed in the opposite order: the edge drains while everything behind it still runs. */
export class OpenParts {
  readonly #closers: (() => Promise<unknown>)[] = [];

  add(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
  }

  /** Runs `build`; when it fails, what it had opened is closed again. */
  static async with<T>(build: (open: OpenParts) => Promise<T>): Promise<T> {
    const open = new OpenParts();
    try {
      return await build(open);
    } catch (error) {
      await open.close();
      throw error;
    }
  }
}
