import type { MessageForms } from './message-forms.ts';
import type { MessageSchema } from './message-schema.ts';

/** The schema text of a message, everything around it up to the payload included, and what is known from it. */
export interface CachedSchema {
  readonly prefix: Buffer;
  readonly schema: MessageSchema;
  readonly forms: MessageForms;
  /** Which one the next message had, last time: a topic repeats its sequences. */
  next: CachedSchema | undefined;
}

/**
 * Recognises a schema by its bytes, so that it is parsed once and never again. Bounded: the one that was found longest
 * ago is forgotten.
 */
export class SchemaCache {
  private readonly limit: number;
  private readonly entries = new Set<CachedSchema>();
  private last: CachedSchema | undefined;

  constructor(limit = 512) {
    this.limit = limit;
  }

  get size(): number {
    return this.entries.size;
  }

  find(value: Buffer): CachedSchema | undefined {
    const { last } = this;
    if (last?.next && startsWith(value, last.next.prefix)) return (this.last = last.next);
    for (const entry of this.entries) if (startsWith(value, entry.prefix)) return this.found(entry);
    return undefined;
  }

  add(entry: CachedSchema): CachedSchema {
    if (this.entries.size >= this.limit) this.forgetOldest();
    this.entries.add(entry);
    return this.found(entry);
  }

  clear(): void {
    this.entries.clear();
    this.last = undefined;
  }

  private found(entry: CachedSchema): CachedSchema {
    if (this.last) this.last.next = entry;
    this.last = entry;
    return entry;
  }

  private forgetOldest(): void {
    const [oldest] = this.entries;
    if (!oldest) return;
    this.entries.delete(oldest);
    for (const entry of this.entries) if (entry.next === oldest) entry.next = undefined;
    if (this.last === oldest) this.last = undefined;
  }
}

export function startsWith(value: Buffer, prefix: Buffer): boolean {
  const { length } = prefix;
  return value.length > length && value.compare(prefix, 0, length, 0, length) === 0;
}
