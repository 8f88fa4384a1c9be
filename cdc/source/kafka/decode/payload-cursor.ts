const FACTS = Buffer.from(',"source":');

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
  /** From `start` to `textEnd`, made with the first cut. */
  private text = '';
  private textEnd = 0;

  open(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.at = start;
    this.end = end;
    this.sawHigh = false;
    this.textEnd = start;
  }

  /** A part of the text, by byte offsets in the message. It keeps the payload's text alive. */
  cut(from: number, to: number): string {
    if (to > this.textEnd) this.readText(to);
    return this.text.substring(from - this.start, to - this.start);
  }

  /** Both images stand in front of the source's facts, of which nothing is cut. */
  private readText(to: number): void {
    const facts = this.bytes.indexOf(FACTS, to);
    this.textEnd = facts > 0 && facts < this.end ? facts : this.end;
    this.text = this.bytes.toString('latin1', this.start, this.textEnd);
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
