/** An answer as the comparison needs it. */
export interface Answer {
  readonly status: number;
  /** Flat: name, value, name, value; as they came. */
  readonly headers: readonly string[];
  /** As sent: content codings are not undone. */
  readonly body: Buffer;
}
