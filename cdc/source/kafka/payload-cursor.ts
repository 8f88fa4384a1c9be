/**
 * A place in the payload that is walked in its expected order. Cuts are of one text, the payload as one character per
 * byte: a cut costs no copy, and is the value itself wherever bytes are ASCII.
 */
export class PayloadCursor {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  end = 0;
  /** A byte beyond ASCII was passed: the whole must be checked to be UTF-8. */
  sawHigh = false;
  private start = 0;
  /** Made with the first cut: BEGIN and END are never cut. */
  private text: string | undefined;

  open(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.at = start;
    this.end = end;
    this.sawHigh = false;
    this.text = undefined;
  }

  /** A part of the text, by byte offsets in the message. It keeps the payload's text alive. */
  cut(from: number, to: number): string {
    const text = (this.text ??= this.bytes.toString('latin1', this.start, this.end));
    return text.substring(from - this.start, to - this.start);
  }

  /** Passes exactly these bytes, or stays and answers false. */
  pass(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    const { length } = expected;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== expected[i]) return false;
    this.at = at + length;
    return true;
  }
}
