/** The bytes that copies of answers may hold in a process. Whoever gets none gives its copy up, never the original. */
export class MemoryAccount {
  readonly #limit: number;
  #held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  /** What one mirrored read takes of it. */
  lease(): Lease {
    return new Lease(this);
  }

  take(bytes: number): boolean {
    if (this.#held + bytes > this.#limit) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

/** To be released when nothing of the read is kept any more; it can be used again afterwards. */
export class Lease {
  readonly #account: MemoryAccount;
  #held = 0;

  constructor(account: MemoryAccount) {
    this.#account = account;
  }

  /** False when the account is empty. */
  take(bytes: number): boolean {
    const isGiven = this.#account.take(bytes);
    if (isGiven) this.#held += bytes;
    return isGiven;
  }

  release(): void {
    this.#account.give(this.#held);
    this.#held = 0;
  }
}
