import { describe, expect, it } from '@jest/globals';
import { MessageForms } from './message-forms.ts';
import { SchemaCache, type CachedSchema } from './schema-cache.ts';

const entryOf = (prefix: string): CachedSchema => ({
  prefix: Buffer.from(prefix),
  schema: { columns: null },
  forms: new MessageForms(),
  next: undefined,
});

describe('SchemaCache', () => {
  it('finds a schema by its bytes and nothing else', () => {
    const cache = new SchemaCache();
    const [one, two] = [cache.add(entryOf('{"schema":1,')), cache.add(entryOf('{"schema":12,'))];
    for (let i = 0; i < 3; i++) {
      expect(cache.find(Buffer.from('{"schema":1,"payload":{}}'))).toBe(one);
      expect(cache.find(Buffer.from('{"schema":12,"payload":{}}'))).toBe(two);
      expect(cache.find(Buffer.from('{"schema":2,"payload":{}}'))).toBeUndefined();
      expect(cache.find(Buffer.from('{"sch'))).toBeUndefined();
    }
  });

  it('keeps no more than its limit', () => {
    const cache = new SchemaCache(3);
    for (let i = 0; i < 10; i++) cache.add(entryOf(`{"schema":${i},`));
    expect(cache.size).toBe(3);
    expect(cache.find(Buffer.from('{"schema":9,"payload":{}}'))).toBeDefined();
    expect(cache.find(Buffer.from('{"schema":0,"payload":{}}'))).toBeUndefined();
  });
});
